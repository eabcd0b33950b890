//! Prints the public API that the rustdoc JSON in the first argument describes, one item a line.

use public_api::{Builder, Error};

fn main() -> Result<(), Error> {
    let json = std::env::args_os().nth(1).unwrap_or_default();
    // Every type has the blanket impls, and an auto trait follows from the fields.
    let builder = Builder::from_rustdoc_json(json).omit_blanket_impls(true);
    print!("{}", builder.omit_auto_trait_impls(true).build()?);
    Ok(())
}
