//! How many rows of which kind a worker may claim.

use crate::delivery::outbox::store::Places;

/// Of the places, one in so many is kept for rows that were never tried, and as many for rows that
/// have failed before.
const KEPT_SHARE: usize = 8;

/// The free places after so many `claims`. Some are kept for either kind of rows, so that no number of
/// rows that always fail, and no burst of new ones, keeps the other kind waiting. Of the `running`
/// executions, `repeated` ones are of rows that have failed before.
pub(super) fn free_places(lanes: usize, running: usize, repeated: usize, claims: usize) -> Places {
    let kept = lanes / KEPT_SHARE;
    let fresh = running.saturating_sub(repeated);
    let left = |taken| (lanes - kept).saturating_sub(taken);
    Places {
        all: lanes.saturating_sub(running),
        fresh: left(fresh),
        repeated: left(repeated),
        // With few places none is kept, and the kinds take turns.
        repeated_first: kept == 0 && claims % 4 >= 2,
        newest_first: claims.is_multiple_of(2),
        may_queue: true,
    }
}

/// Takes an eighth of all lanes away from the free places, for rows that will come in. While Partnero
/// fails for some customers, their rows may take all the other lanes for as long as a call lasts.
pub(super) fn keep_some(lanes: usize, free: Places) -> Places {
    let kept = lanes / KEPT_SHARE;
    Places {
        all: free.all.saturating_sub(kept),
        fresh: free.fresh.saturating_sub(kept),
        repeated: free.repeated.saturating_sub(kept),
        ..free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lanes: usize, running: usize, repeated: usize) -> (usize, usize, usize) {
        let places = free_places(lanes, running, repeated, 0);
        (places.all, places.fresh, places.repeated)
    }

    /// Of 32 places, 4 are kept for each kind.
    #[test]
    fn no_kind_of_rows_takes_the_last_eighth_of_the_places() {
        assert_eq!(counts(32, 0, 0), (32, 28, 28));
        assert_eq!(counts(32, 28, 0), (4, 0, 28));
        assert_eq!(counts(32, 28, 28), (4, 28, 0));
        assert_eq!(counts(32, 32, 16), (0, 12, 12));
        // A 429 has halved the number while all of them were taken.
        assert_eq!(counts(16, 32, 20), (0, 2, 0));
    }

    /// 24 rows of one kind and 4 of the other take all but 4 places.
    #[test]
    fn some_places_are_left_to_rows_that_will_come_in() {
        let counts = |lanes, running, repeated| {
            let places = keep_some(lanes, free_places(lanes, running, repeated, 0));
            (places.all, places.fresh, places.repeated)
        };
        assert_eq!(counts(32, 0, 0), (28, 24, 24));
        assert_eq!(counts(32, 24, 0), (4, 0, 24));
        assert_eq!(counts(32, 24, 24), (4, 24, 0));
        assert_eq!(counts(32, 28, 4), (0, 0, 20));
        assert_eq!(counts(32, 32, 4), (0, 0, 20));
        assert_eq!(counts(7, 3, 1), (4, 5, 6));
    }

    #[test]
    fn where_no_place_is_kept_the_kinds_take_turns() {
        let turns = |lanes| [0, 1, 2, 3, 4].map(|claims| free_places(lanes, 0, 0, claims));
        let repeated_first = |lanes| turns(lanes).map(|places| places.repeated_first);
        assert_eq!(repeated_first(7), [false, false, true, true, false]);
        assert_eq!(repeated_first(8), [false; 5]);
        // Within two turns of a kind, an odd number of places favours the newest rows and the
        // oldest ones once each.
        for lanes in [7, 8] {
            let newest_first = turns(lanes).map(|places| places.newest_first);
            assert_eq!(newest_first, [true, false, true, false, true]);
        }
        assert_eq!(counts(7, 3, 1), (4, 5, 6));
    }
}
