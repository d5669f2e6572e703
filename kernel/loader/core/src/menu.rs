//! The boot menu, apart from keys and screen: which rows are shown, which is selected, what Enter does.

use crate::config::{Config, ENTRY_LIMIT};

/// The menu of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    selected: usize,
    open: [bool; ENTRY_LIMIT],
}

impl Menu {
    /// The menu with the default entry selected, and every directory around it open.
    pub fn new(config: &Config<'_>) -> Self {
        let mut open = [false; ENTRY_LIMIT];
        for (open, entry) in open.iter_mut().zip(config.entries()) {
            *open = entry.expanded;
        }
        let selected = config.default_entry();
        let mut depth = config.entries()[selected].depth;
        for index in (0..selected).rev() {
            if config.entries()[index].depth < depth {
                open[index] = true;
                depth = config.entries()[index].depth;
            }
        }
        Self { selected, open }
    }

    /// Index of the selected entry.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Whether the directory with this index shows its entries.
    pub fn is_open(&self, index: usize) -> bool {
        self.open[index]
    }

    /// Indices of the entries shown, from top to bottom.
    pub fn rows<'m>(&'m self, config: &'m Config<'_>) -> impl Iterator<Item = usize> + 'm {
        // Everything deeper than a closed directory is hidden, until an entry is as shallow as that directory.
        let mut hidden_below = u32::MAX;
        (0..config.entries().len()).filter(move |&index| {
            let depth = config.entries()[index].depth;
            if depth > hidden_below {
                return false;
            }
            hidden_below = if config.is_directory(index) && !self.open[index] { depth } else { u32::MAX };
            true
        })
    }

    /// Selects the row above, if there is one.
    pub fn up(&mut self, config: &Config<'_>) {
        let above = self.rows(config).take_while(|&index| index != self.selected).last();
        self.selected = above.unwrap_or(self.selected);
    }

    /// Selects the row below, if there is one.
    pub fn down(&mut self, config: &Config<'_>) {
        let below = self.rows(config).skip_while(|&index| index != self.selected).nth(1);
        self.selected = below.unwrap_or(self.selected);
    }

    /// What Enter does: the index of the entry to boot, or `None` after opening or closing a directory.
    pub fn enter(&mut self, config: &Config<'_>) -> Option<usize> {
        if config.is_directory(self.selected) {
            self.open[self.selected] = !self.open[self.selected];
            return None;
        }
        Some(self.selected)
    }
}
