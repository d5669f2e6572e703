//! Tells the linker to make a flat image that starts at 0x7c00, instead of the position-independent ELF file that
//! is this target's default.

fn main() {
    println!("cargo::rerun-if-changed=linker.ld");
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        // Cargo links in the workspace's folder, so that its path need not be told: cargo would remember it when the
        // same intermediate files serve another checkout.
        for argument in ["--no-pie", "--oformat=binary", "-Tbios/linker.ld"] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}
