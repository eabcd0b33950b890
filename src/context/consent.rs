/// What the visitor allows the app to store in the browser.
///
/// [`capture::consent`](crate::capture::consent) says what follows from each answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consent {
    /// The visitor was not asked yet, or has not answered.
    Unknown,
    /// Referrals may be stored.
    Granted,
    /// Nothing may be stored, and what was stored is removed.
    Withdrawn,
}
