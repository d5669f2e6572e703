//! Reads configurations from standard input, a zero byte between them, and says what the loader makes of each: the
//! sentence it stops with, or all that it understood. A zero byte ends each answer.

use onko_loader_core::config::{Config, Timeout};
use onko_loader_core::error::Refusal;
use onko_loader_core::menu::Menu;
use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let mut space = vec![0; 64 * 1024];
    let mut output = std::io::stdout().lock();
    for text in input.split(|&byte| byte == 0) {
        let answer = match Config::parse(text, &mut space) {
            Ok(config) => understood(&config),
            Err(error) => {
                Refusal::Config { file: "/limine.conf", line: error.line, problem: error.problem }.to_string()
            }
        };
        write!(output, "{answer}\0")?;
    }
    Ok(())
}

fn understood(config: &Config<'_>) -> String {
    let timeout = match config.timeout() {
        Timeout::Seconds(seconds) => seconds.to_string(),
        Timeout::Never => "never".into(),
    };
    let flags = (config.quiet(), config.serial(), config.verbose());
    let menu = Menu::new(config);
    let rows: Vec<_> = menu.rows(config).map(|index| index.to_string()).collect();
    let mut lines = vec![
        format!("timeout {timeout} quiet {} serial {} verbose {}", flags.0, flags.1, flags.2),
        format!("default {} rows {}", config.default_entry(), rows.join(",")),
    ];
    for (index, entry) in config.entries().iter().enumerate() {
        let (line, title, depth) = (entry.line, entry.title, entry.depth);
        let resolution = entry.resolution().is_some();
        lines.push(format!("entry {line} {depth} {} {resolution} {title}", entry.expanded));
        lines.push(format!("  {} | {} | {}", entry.path(), entry.cmdline(), entry.comment()));
        lines.extend(config.modules(index).map(|module| format!("  module {} | {}", module.path, module.cmdline)));
    }
    lines.join("\n")
}
