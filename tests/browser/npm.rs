//! The scripts of htmx, Turbo and axe, as the npm registry has them. The tests install them once,
//! into the folder that Cargo gives tests for their files.

use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;
use std::{env, fs};

use crate::driver::leave_out;

const LOCK: &str = include_str!("package-lock.json");

/// The script's text; `None` where npm is not there, or installs nothing, and neither is required.
pub(crate) fn script(path: &str) -> Option<String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = match INSTALLED.get_or_init(install) {
        Ok(folder) => folder,
        Err(reason) => {
            leave_out(reason);
            return None;
        }
    };
    Some(fs::read_to_string(folder.join("node_modules").join(path)).unwrap())
}

fn install() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm");
    if is_installed(&folder) {
        return Ok(folder);
    }
    // Made beside its place and then moved there, because two runs of the tests may meet here.
    let made = folder.with_extension(process::id().to_string());
    fs::create_dir_all(&made).unwrap();
    fs::write(made.join("package.json"), include_str!("package.json")).unwrap();
    fs::write(made.join("package-lock.json"), LOCK).unwrap();
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&made)
        .output();
    let npm =
        npm.map_err(|error| format!("no npm on the PATH ({error}): `apt-get install npm`"))?;
    if !npm.status.success() {
        let said = String::from_utf8_lossy(&npm.stderr);
        return Err(format!(
            "`npm ci` has not installed htmx, Turbo and axe: {said}"
        ));
    }
    let _ = fs::remove_dir_all(&folder);
    if fs::rename(&made, &folder).is_err() {
        fs::remove_dir_all(&made).unwrap();
    }
    assert!(is_installed(&folder));
    Ok(folder)
}

fn is_installed(folder: &Path) -> bool {
    folder.join("node_modules").is_dir()
        && fs::read_to_string(folder.join("package-lock.json")).is_ok_and(|lock| lock == LOCK)
}
