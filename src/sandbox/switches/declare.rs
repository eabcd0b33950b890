//! The macro that declares a switch.

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
        }
    };
}
pub(super) use switch;
