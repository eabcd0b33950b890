//! What the pages call things: friends bring customers in one kind of program, partners in the other.

use tower_partnero::ProgramKind;

#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// Who brings customers.
    pub(crate) inviter: &'static str,
    /// Who is brought.
    pub(crate) visitor: &'static str,
    /// Who has a key at Partnero.
    pub(crate) owner: &'static str,
    /// What a sale earns.
    pub(crate) reward: &'static str,
    /// The parameter of a link.
    pub(crate) parameter: &'static str,
    /// A parameter that the links of other programs have, too.
    pub(crate) common_parameter: &'static str,
}

impl Words {
    pub(crate) fn of(program: ProgramKind) -> Self {
        match program {
            ProgramKind::Affiliate => Self {
                inviter: "partner",
                visitor: "visitor",
                owner: "partner",
                reward: "commission",
                parameter: "aff",
                common_parameter: "via",
            },
            _ => Self {
                inviter: "friend",
                visitor: "friend",
                owner: "customer",
                reward: "reward",
                parameter: "ref",
                common_parameter: "ref",
            },
        }
    }
}
