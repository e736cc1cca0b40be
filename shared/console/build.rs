//! Has what `make console-assets` builds embedded anew when it changes; without it, the page has no script and no style.

use std::path::Path;

fn main() {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console/dist");
    println!("cargo::rerun-if-changed={}", built.display());
    if !built.join("page.js").is_file() {
        println!("cargo::warning=the console's script is not built: `make console-assets`");
    }
}
