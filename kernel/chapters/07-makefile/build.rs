/// Cargo finds the Rust files by itself. From this line it learns that
/// the linker reads linker.ld.
fn main() {
    println!("cargo::rerun-if-changed=linker.ld");
}
