//! The decision of a policy that has a companion depends on the time.

use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use super::super::allow::navigation;
use super::super::consent::RequestHead;
use super::super::referrals::Referrals;
use crate::context::{NotStored, ReferralContext};
use crate::referral::Referral;
use crate::response::Renewal;

impl Referrals {
    /// As [`evaluate`](Self::evaluate), at another time than now: what the
    /// [`companion`](crate::capture::companion) says depends on it.
    #[must_use]
    pub fn evaluate_at(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> ReferralContext {
        let request = RequestHead::new(method, uri, headers);
        self.decide_at(&request, || navigation::veto(method, headers), now)
    }

    /// As [`store`](Self::store), at another time than now.
    pub fn store_at(
        &self,
        parts: &Parts,
        referral: impl Into<Option<Referral>>,
        now: SystemTime,
    ) -> Renewal {
        self.store_by(&RequestHead::of(parts), referral.into(), now)
    }

    /// Apart from what is decided without a companion, which asks for no time.
    #[cold]
    #[inline(never)]
    pub(in crate::capture) fn decide_at(
        &self,
        request: &RequestHead<'_>,
        veto: impl Fn() -> Option<NotStored>,
        now: SystemTime,
    ) -> ReferralContext {
        match &self.policy.companion {
            Some(companion) => companion.decide(&self.policy, request, veto, now),
            None => self.evaluate(request.method, request.uri, request.headers),
        }
    }
}
