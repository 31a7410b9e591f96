#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| charon_init_fuzz::by_name("process")(bytes));
