/// Cargo finds the Rust files by itself. That the linker reads linker.ld as well,
/// it learns from this line.
fn main() {
    println!("cargo::rerun-if-changed=linker.ld");
}
