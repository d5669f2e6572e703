//! What both halves of the loader do to an x86-64 CPU, whichever firmware started it.
#![no_std]

pub mod cpu;
pub mod handoff;
pub mod interrupts;
pub mod ports;
