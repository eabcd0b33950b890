//! Compiles the tests on PostgreSQL where `TOWER_PARTNERO_TEST_POSTGRES` holds a URL, and nowhere
//! else: a test that cannot run must not say that it passed. The published package has no build
//! script.

fn main() {
    for (variable, cfg) in [
        ("TOWER_PARTNERO_TEST_POSTGRES", "postgres"),
        ("TOWER_PARTNERO_TEST_POSTGRES_RESTART", "postgres_restarts"),
    ] {
        println!("cargo::rerun-if-env-changed={variable}");
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        if std::env::var_os(variable).is_some() {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}
