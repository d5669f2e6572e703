//! Tells the linker where the sector lies in memory, instead of making the position-independent file that is this
//! target's default.

fn main() {
    println!("cargo::rerun-if-changed=linker.ld");
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        for argument in ["--no-pie", "-Tlinker.ld"] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}
