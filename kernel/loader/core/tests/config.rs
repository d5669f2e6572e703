//! limine.conf: what is understood, and the sentence for everything that is not.

use onko_loader_core::config::{Config, ENTRY_LIMIT, MODULE_LIMIT, Timeout, path_on_volume};
use onko_loader_core::error::Refusal;
use onko_loader_core::menu::Menu;
use onko_loader_core::video::Resolution;

const ENTRY: &str = "/Onko OS\nprotocol: limine\npath: boot():/kernel.elf\n";

fn with<T>(text: &str, check: impl FnOnce(&Config<'_>) -> T) -> T {
    let mut space = [0; 4096];
    match Config::parse(text.as_bytes(), &mut space) {
        Ok(config) => check(&config),
        Err(error) => panic!("line {}: {:?}", error.line, error.problem),
    }
}

fn sentence(text: impl AsRef<[u8]>) -> String {
    let mut space = [0; 4096];
    match Config::parse(text.as_ref(), &mut space) {
        Ok(config) => panic!("{config:?}"),
        Err(error) => Refusal::Config { file: "/limine.conf", line: error.line, problem: error.problem }.to_string(),
    }
}

/// The error for a line that follows a good entry, which makes it line 4.
fn sentence_for(line: &str) -> String {
    let sentence = sentence(format!("{ENTRY}{line}\n"));
    let start = "Bad configuration: /limine.conf, line 4: ";
    sentence.strip_prefix(start).unwrap_or_else(|| panic!("{sentence}")).to_string()
}

#[test]
fn a_file_with_nothing_but_an_entry_waits_five_seconds() {
    with(ENTRY, |config| {
        assert_eq!(config.timeout(), Timeout::Seconds(5));
        assert!(!config.quiet() && !config.serial() && !config.verbose());
        assert_eq!(config.entries().len(), 1);
        let entry = &config.entries()[0];
        assert_eq!((entry.title, entry.path(), entry.line, entry.depth), ("Onko OS", "boot():/kernel.elf", 1, 0));
        assert_eq!((entry.comment(), entry.cmdline(), entry.resolution()), ("", "", None));
        assert_eq!(config.default_entry(), 0);
    });
}

#[test]
fn every_option_is_understood_in_any_case_and_with_any_blanks() {
    let text = "\r\n  # a comment\nTIMEOUT:   7 \r\nDefault_Entry:2\nquiet: YES\nserial : yes\nverbose: no\n/A\n protocol: Limine\n\
        \tkernel_path: boot():/a\n  kernel_cmdline: one two: three=four\n resolution: 1024X768\n comment: says more\n\
        /B\nprotocol: limine\npath: boot():/b/c.elf\nmodule_path: boot():/m1\nmodule_string: first\n\
        module_path: boot():/m2\nmodule_path: boot():/m3\nmodule_cmdline: third\nresolution: 800x600x24\n";
    with(text, |config| {
        assert_eq!(config.timeout(), Timeout::Seconds(7));
        assert!(config.quiet() && config.serial() && !config.verbose());
        assert_eq!(config.default_entry(), 1);
        let [a, b] = config.entries() else { panic!() };
        assert_eq!((a.path(), a.cmdline(), a.comment()), ("boot():/a", "one two: three=four", "says more"));
        assert_eq!(a.resolution(), Some(Resolution { width: 1024, height: 768, bpp: 32 }));
        assert_eq!(b.resolution(), Some(Resolution { width: 800, height: 600, bpp: 24 }));
        assert_eq!(config.modules(0).count(), 0);
        let modules: Vec<_> = config.modules(1).map(|module| (module.path, module.cmdline)).collect();
        assert_eq!(modules, [("boot():/m1", "first"), ("boot():/m2", ""), ("boot():/m3", "third")]);
    });
}

#[test]
fn timeout_can_be_never_or_at_once() {
    with(&format!("timeout: no\n{ENTRY}"), |config| assert_eq!(config.timeout(), Timeout::Never));
    with(&format!("timeout: 0\n{ENTRY}"), |config| assert_eq!(config.timeout(), Timeout::Seconds(0)));
    with(&format!("timeout: 86399\n{ENTRY}"), |config| assert_eq!(config.timeout(), Timeout::Seconds(86399)));
}

#[test]
fn options_that_only_change_how_limine_looks_are_accepted() {
    for line in
        ["term_palette: 1;2", "INTERFACE_BRANDING: hello", "wallpaper: boot():/w.png", "graphics: no", "kaslr: no"]
    {
        with(&format!("{ENTRY}{line}\n"), |config| assert_eq!(config.entries().len(), 1));
    }
}

#[test]
fn macros_are_replaced_wherever_they_stand_and_lines_keep_their_numbers() {
    let text = "${DIR}=boot():/sub\n${EMPTY}=\n# ${UNKNOWN} in a comment\n/On ${ARCH}\nprotocol: limine\n\
        path: ${DIR}/${EMPTY}k.elf\ncmdline: ${LATE}!\n${LATE}=late $ {x} }\n";
    with(text, |config| {
        let entry = &config.entries()[0];
        assert_eq!((entry.title, entry.line), ("On x86-64", 4));
        assert_eq!((entry.path(), entry.cmdline()), ("boot():/sub/k.elf", "late $ {x} }!"));
    });
    assert!(sentence("${A}=1\n\n/E ${B}\n").contains("line 3: no line defines the macro \"B\""));
    assert!(sentence("\n/E ${B\n").contains("line 2: a macro begins with ${ and is never closed"));
    let long = format!("${{A}}={}\n{ENTRY}cmdline: ${{A}}${{A}}\n", "x".repeat(2100));
    assert!(sentence(&long).contains("line 5: replacing the macros makes the text longer than 4096 bytes"));
}

#[test]
fn entries_nest_and_the_menu_opens_what_the_file_says() {
    let leaf = |title: &str| format!("{title}\nprotocol: limine\npath: boot():/k\n");
    let text = format!(
        "/Top\ncomment: a directory\n{}//Deep\n{}/+Open\n{}{}",
        leaf("//One"),
        leaf("///Two"),
        leaf("//Three"),
        leaf("/Last")
    );
    with(&text, |config| {
        let titles: Vec<_> = config.entries().iter().map(|entry| entry.title).collect();
        assert_eq!(titles, ["Top", "One", "Deep", "Two", "Open", "Three", "Last"]);
        let directories: Vec<_> = (0..7).filter(|&index| config.is_directory(index)).collect();
        assert_eq!(directories, [0, 2, 4]);
        let rows = |menu: &Menu| menu.rows(config).collect::<Vec<_>>();

        // The default entry is the first bootable one, so its directory is open.
        let mut menu = Menu::new(config);
        assert_eq!(menu.selected(), 1);
        assert_eq!(rows(&menu), [0, 1, 2, 4, 5, 6]);
        assert!(menu.is_open(0) && !menu.is_open(2) && menu.is_open(4));
        assert_eq!(menu.enter(config), Some(1));
        menu.down(config);
        assert_eq!(menu.enter(config), None);
        assert_eq!(rows(&menu), [0, 1, 2, 3, 4, 5, 6]);
        menu.up(config);
        menu.up(config);
        menu.up(config);
        assert_eq!(menu.selected(), 0);
        assert_eq!(menu.enter(config), None);
        assert_eq!(rows(&menu), [0, 4, 5, 6]);
        for _ in 0..9 {
            menu.down(config);
        }
        assert_eq!((menu.selected(), menu.enter(config)), (6, Some(6)));
    });
    with(&format!("default_entry: 2\n{text}"), |config| {
        let menu = Menu::new(config);
        assert_eq!(menu.selected(), 3);
        assert_eq!(menu.rows(config).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    });
}

#[test]
fn each_mistake_has_its_own_sentence_with_line_value_and_expectation() {
    let cases = [
        ("timout: 3", "\"timout\" is not an option; expected \"timeout\", perhaps."),
        (
            "colour: red",
            "\"colour\" is not an option; expected timeout, default_entry, quiet, serial or verbose, or inside an entry \
             protocol, path, cmdline, module_path, module_cmdline, resolution or comment.",
        ),
        ("timeout: soon", "\"timeout\" is \"soon\", expected a number of seconds below 86400, or no."),
        ("timeout: -1", "\"timeout\" is \"-1\", expected a number of seconds below 86400, or no."),
        ("timeout: +1", "\"timeout\" is \"+1\", expected a number of seconds below 86400, or no."),
        ("timeout: 86400", "\"timeout\" is \"86400\", expected a number of seconds below 86400, or no."),
        ("timeout:", "\"timeout\" is \"\", expected a number of seconds below 86400, or no."),
        ("default_entry: 0", "\"default_entry\" is \"0\", expected a number from 1 upwards."),
        ("default_entry: 2", "\"default_entry\" is 2, expected a number from 1 to 1."),
        ("quiet: maybe", "\"quiet\" is \"maybe\", expected yes or no."),
        ("protocol: limine", "\"protocol\" stands here a second time; expected it once, as on line 2."),
        ("kernel_path: boot():/x", "\"kernel_path\" stands here a second time; expected it once, as on line 3."),
        ("module_cmdline: x", "\"module_cmdline\" has no module to go with; expected \"module_path\" before it."),
        (":Onko OS", "\":Onko OS\" is the old way to open an entry (Limine before version 8); expected \"/Onko OS\"."),
        (
            "TIMEOUT=3",
            "\"TIMEOUT\" is the old way to set an option (Limine before version 8); expected \"timeout: 3\".",
        ),
        (
            "KERNEL_PATH=boot:///k",
            "\"KERNEL_PATH\" is the old way to set an option (Limine before version 8); expected \
             \"kernel_path: boot:///k\".",
        ),
        ("hello", "\"hello\" is neither a comment (#), an entry (/Title) nor an option (name: value)."),
        ("/ ", "the entry has no title; expected one behind the slash."),
        ("///Deep", "the entry \"Deep\" begins with 3 slashes, expected at most 2 here."),
        ("/Next", "the entry \"Next\" says no \"protocol\"; expected \"protocol: limine\"."),
        (
            "/Next\nprotocol: limine",
            "the entry \"Next\" says no \"path\"; expected one like \"path: boot():/kernel.elf\".",
        ),
    ];
    for (line, expected) in cases {
        assert_eq!(sentence_for(line), expected, "{line}");
    }
    for value in ["0x0", "800", "800x600x8", "800x600x32x1", "800x70000", "x600", "800x600x", "800 x 600"] {
        assert_eq!(
            sentence_for(&format!("resolution: {value}")),
            format!(
                "\"resolution\" is \"{value}\", expected WIDTHxHEIGHT, or WIDTHxHEIGHTxBITS with 15, 16, 24 or 32 bits, \
                 like 1024x768x32."
            )
        );
    }
    for value in ["/kernel.elf", "boot(2):/k", "boot():", "boot():/", "boot():k", "boot():/k#00ff", "hdd():/k", ""] {
        assert_eq!(
            sentence_for(&format!("module_path: {value}")),
            format!(
                "\"module_path\" is \"{value}\", expected boot():/ and the path of a file, without # and a hash behind it."
            )
        );
    }
    assert_eq!(
        sentence("/E\nprotocol: linux\npath: boot():/k\n"),
        "Bad configuration: /limine.conf, line 2: \"protocol\" is \"linux\", expected limine, the one protocol that this \
         loader speaks."
    );
    assert_eq!(
        sentence("path: boot():/kernel.elf\n"),
        "Bad configuration: /limine.conf, line 1: \"path\" belongs to an entry; expected a line like \"/My system\" \
         before it."
    );
    let no_entries = "Bad configuration: /limine.conf: it has no entry to boot; expected a line like \"/My system\" with \
         \"protocol: limine\" and \"path: boot():/kernel.elf\" below it.";
    assert_eq!(sentence(""), no_entries);
    assert_eq!(sentence("timeout: 3\n"), no_entries);
    assert_eq!(
        sentence(b"timeout: 3\n\n\xff\n"),
        "Bad configuration: /limine.conf, line 3: the line is not valid UTF-8 text."
    );
}

#[test]
fn a_misspelt_option_is_recognised_up_to_two_letters() {
    let near = [
        ("tmeout", "timeout"),
        ("timeeout", "timeout"),
        ("tieout", "timeout"),
        ("Tiemout", "timeout"),
        ("paath", "path"),
        ("pat", "path"),
        ("kernelpath", "kernel_path"),
        ("module__pathh", "module_path"),
        ("resolutoin", "resolution"),
        ("default-entry", "default_entry"),
    ];
    for (key, option) in near {
        assert_eq!(
            sentence_for(&format!("{key}: 1")),
            format!("\"{key}\" is not an option; expected \"{option}\", perhaps.")
        );
    }
    for key in ["timeouttttt", "ti", "module_path_of_a_kernel_that_is_long", "kernl_pth_"] {
        assert!(sentence_for(&format!("{key}: 1")).contains("expected timeout, default_entry"), "{key}");
    }
}

#[test]
fn limits_are_told_and_reached() {
    let leaf = "/E\nprotocol: limine\npath: boot():/k\n";
    with(&leaf.repeat(ENTRY_LIMIT), |config| assert_eq!(config.entries().len(), ENTRY_LIMIT));
    let line = 3 * ENTRY_LIMIT + 1;
    assert!(
        sentence(leaf.repeat(ENTRY_LIMIT + 1))
            .contains(&format!("line {line}: these are too many entries, expected at most {ENTRY_LIMIT}"))
    );
    let module = "module_path: boot():/m\n";
    let text = format!("{leaf}{}", module.repeat(MODULE_LIMIT));
    with(&text, |config| assert_eq!(config.modules(0).count(), MODULE_LIMIT));
    assert!(sentence(format!("{text}{module}")).contains("these are too many modules"));
}

#[test]
fn long_and_strange_values_are_quoted_short_and_printable() {
    let sentence = sentence_for(&format!("{}\u{1b}\u{e9}", "y".repeat(59)));
    assert!(sentence.starts_with(&format!("\"{}?...\" is neither", "y".repeat(59))), "{sentence}");
    let whole = sentence_for(&"y".repeat(60));
    assert!(whole.starts_with(&format!("\"{}\" is neither", "y".repeat(60))), "{whole}");
}

#[test]
fn paths_on_the_boot_volume_begin_with_a_slash() {
    assert_eq!(path_on_volume("boot():/a/b"), Some("/a/b"));
    assert_eq!(path_on_volume("boot():a"), None);
    assert_eq!(path_on_volume("boot(1):/a"), None);
}

#[test]
fn no_text_makes_the_parser_panic() {
    let pieces = [
        "/",
        "//",
        "+",
        "E",
        ":",
        "=",
        "\n",
        "${",
        "}",
        "A",
        "}=",
        "timeout",
        " 3",
        "path",
        "boot():/",
        "#",
        "\u{e9}",
        "\r",
        "protocol: limine",
        "module_path: ",
        "module_cmdline: ",
        "resolution: 1x1",
        "x",
    ];
    let mut random = 1u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..24 {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            text.push_str(pieces[(random >> 33) as usize % pieces.len()]);
        }
        let mut space = [0; 256];
        match Config::parse(text.as_bytes(), &mut space) {
            Ok(config) => assert!(!config.entries().is_empty() && Menu::new(&config).rows(&config).count() > 0),
            Err(error) => {
                let sentence = Refusal::Config { file: "f", line: error.line, problem: error.problem }.to_string();
                assert!(sentence.is_ascii() && sentence.ends_with('.'), "{sentence}");
            }
        }
    }
}
