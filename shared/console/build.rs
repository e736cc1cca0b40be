//! Has what `make console-assets` builds embedded anew when it changes; without it, the page has no script and no style.

use std::path::Path;

fn main() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console");
    let built = source.join("dist");
    if built.join("page.js").is_file() {
        println!("cargo::rerun-if-changed={}", built.display());
        return;
    }
    // What is not there is always taken for changed: what it will appear in is not.
    println!("cargo::rerun-if-changed={}", source.display());
    println!("cargo::warning=the console's script is not built: `make console-assets`");
}
