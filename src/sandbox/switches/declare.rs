//! The macro that declares a switch, and the names that it declares.

/// The names of a switch and of its positions, from [`list`](super::list).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SwitchInfo {
    /// The name of the enum, as `UnknownReferrer`.
    pub name: &'static str,
    /// The names of its variants, as `NotFound`. The first is the default.
    pub positions: &'static [&'static str],
}

/// Declares one switch: an enum with a default, the list of its positions and their names.
macro_rules! switch {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$position_about:meta])* $position:ident,)+ }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$position_about])* $position,)+
        }

        impl $name {
            /// Every position of this switch.
            pub const ALL: &'static [Self] = &[$(Self::$position,)+];

            pub(super) const INFO: SwitchInfo = SwitchInfo {
                name: stringify!($name),
                positions: &[$(stringify!($position),)+],
            };
        }
    };
}
pub(super) use switch;
