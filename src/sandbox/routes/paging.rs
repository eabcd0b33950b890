//! Lists, one page at a time and without totals.

use percent_encoding::utf8_percent_encode;

use super::call::Call;
use crate::sandbox::answer::{Answer, Refusal};
use crate::sandbox::json::Json;
use crate::sandbox::switches::{ListOrder, PageLimit, PageLinks};
use crate::sandbox::world::{UNRESERVED, World};

/// Answers with the page of `items` that the query asks for. `items` must begin with the oldest.
pub(super) fn list<T>(
    world: &World,
    call: &Call,
    items: impl DoubleEndedIterator<Item = T>,
    view: impl Fn(T) -> Json,
) -> Result<Answer, Refusal> {
    let bounds = match world.switches.page_limit {
        PageLimit::UpTo250 => Bounds {
            least: 1,
            usual: 15,
            most: 250,
        },
        PageLimit::TenTo100 => Bounds {
            least: 10,
            usual: 15,
            most: 100,
        },
    };
    list_within(bounds, world, call, items, view)
}

/// The values that `limit` may have.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) least: usize,
    pub(super) usual: usize,
    pub(super) most: usize,
}

pub(super) fn list_within<T>(
    bounds: Bounds,
    world: &World,
    call: &Call,
    items: impl DoubleEndedIterator<Item = T>,
    view: impl Fn(T) -> Json,
) -> Result<Answer, Refusal> {
    let limit = number(call, "limit", bounds.usual)?;
    if !(bounds.least..=bounds.most).contains(&limit) {
        let Bounds { least, most, .. } = bounds;
        let text = format!("The limit must be between {least} and {most}.");
        return Err(Refusal::invalid("limit", &text));
    }
    let page = number(call, "page", 1)?;
    if page == 0 {
        return Err(Refusal::invalid("page", "The page must be at least 1."));
    }
    // Anybody may ask for the page with the greatest number.
    let skipped = (page - 1).saturating_mul(limit);
    // One item more than the page has shows whether there is a next page.
    let wanted = limit + 1;
    let mut found: Vec<T> = match order(world, call)? {
        ListOrder::OldestFirst => items.skip(skipped).take(wanted).collect(),
        ListOrder::NewestFirst => items.rev().skip(skipped).take(wanted).collect(),
    };
    let has_next = found.len() > limit;
    found.truncate(limit);

    let link = |page: usize| Json::from(page_link(world, call, page));
    let is_empty = found.is_empty();
    let links = Json::object([
        ("first", link(1)),
        // Partnero's lists have no totals (D, N8N), so a client cannot count on the last page.
        ("last", Json::Null),
        ("prev", (page > 1).then(|| link(page - 1)).into()),
        ("next", has_next.then(|| link(page + 1)).into()),
    ]);
    let meta = Json::object([
        ("current_page", page.into()),
        ("from", (!is_empty).then(|| skipped + 1).into()),
        (
            "path",
            format!("{}{}", world.settings.origin, call.path).into(),
        ),
        ("per_page", limit.into()),
        ("to", (!is_empty).then(|| skipped + found.len()).into()),
    ]);
    let data = found.into_iter().map(view).collect::<Vec<_>>().into();
    Ok(Answer::Page { data, links, meta })
}

fn number(call: &Call, name: &str, default: usize) -> Result<usize, Refusal> {
    call.parameter(name).map_or(Ok(default), |text| {
        text.parse()
            .map_err(|_| Refusal::invalid(name, &format!("The {name} must be a number.")))
    })
}

fn order(world: &World, call: &Call) -> Result<ListOrder, Refusal> {
    match call.parameter("sort") {
        None => Ok(world.switches.list_order),
        Some("asc") => Ok(ListOrder::OldestFirst),
        Some("desc") => Ok(ListOrder::NewestFirst),
        Some(_) => Err(Refusal::invalid("sort", "The sort must be asc or desc.")),
    }
}

fn page_link(world: &World, call: &Call, page: usize) -> String {
    let escape = |text| utf8_percent_encode(text, UNRESERVED);
    let kept = match world.switches.page_links {
        PageLinks::WholeQuery => call.query.as_slice(),
        PageLinks::PageAlone => &[],
    };
    // The link has its own `page`, and PHP counts only the last of two.
    let kept = kept.iter().filter(|(name, _)| name != "page");
    let kept = kept.map(|(name, value)| format!("{}={}&", escape(name), escape(value)));
    let kept: String = kept.collect();
    format!("{}{}?{kept}page={page}", world.settings.origin, call.path)
}
