//! Finds what `make console-assets` has built; without it, the page has no script and no style of its own.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = root.join("../../console/dist");
    println!("cargo::rerun-if-changed={}", built.display());
    let folder = if built.join("page.js").is_file() {
        built
    } else {
        println!("cargo::warning=the console's script is not built: `make console-assets`");
        let none = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("none");
        fs::create_dir_all(&none)?;
        none
    };
    println!("cargo::rustc-env=CONSOLE_ASSETS={}", folder.display());
    Ok(())
}
