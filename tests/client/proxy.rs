use std::process::Command;

use crate::support::Partnero;

const CHILD: &str = "TOWER_PARTNERO_BEHIND_A_PROXY";

/// Plain http through a proxy would show it the key. The environment belongs to a whole process,
/// so the test starts itself once more in another one.
#[tokio::test]
async fn the_way_to_loopback_passes_no_proxy() {
    if std::env::var_os(CHILD).is_some() {
        Partnero::start()
            .await
            .client
            .program()
            .test()
            .await
            .unwrap();
        return;
    }
    let nobody = "http://127.0.0.1:9";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "proxy::the_way_to_loopback_passes_no_proxy"])
        .env(CHILD, "1")
        .envs([
            ("http_proxy", nobody),
            ("HTTP_PROXY", nobody),
            ("ALL_PROXY", nobody),
        ])
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && told.contains("1 passed"),
        "{told}"
    );
}
