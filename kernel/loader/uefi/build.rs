//! Has the linker leave out what changes from build to build: times, and the path of debug information.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("uefi") {
        for argument in ["/Brepro", "/DEBUG:NONE"] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}
