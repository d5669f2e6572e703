//! Tells the linker to make a flat image that starts at 0x7c00, instead of the position-independent ELF file that
//! is this target's default.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR for build scripts");
    println!("cargo::rerun-if-changed=linker.ld");
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        for argument in ["--no-pie", "--oformat=binary", &format!("-T{folder}/linker.ld")] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}
