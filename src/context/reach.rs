use std::fmt;

/// The host and the path of a request. Every cookie that came with the request was stored for this
/// host or a parent of it, and for this path or a part of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    host: Option<Box<str>>,
    path: Box<str>,
}

impl Reach {
    pub(crate) fn new(host: Option<&str>, path: &str) -> Self {
        Self {
            host: host.map(Into::into),
            path: path.into(),
        }
    }

    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

/// Prints no path: a path may hold a name or a secret of the visitor.
impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reach").finish_non_exhaustive()
    }
}
