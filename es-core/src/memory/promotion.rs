//! Which table is seen under which name, in memory.

use super::rows::Tables;
use crate::error::{Cause, StoreError};
use crate::subscription_store::Promotion;

/// What has to be done so that readers see a version's table.
enum Change {
    /// Nothing.
    None,
    /// Its own table comes back, from the name that it was kept under.
    Back(String),
    /// It becomes a view.
    View,
}

impl Tables {
    /// Shows tables under their serving names: all of them or, when one is not there, none. One that has such a name so
    /// far keeps its rows, under a name of its version.
    pub(super) fn promote(
        &mut self,
        promotions: &[Promotion],
        before: u32,
        version: u32,
    ) -> Result<(), StoreError> {
        let changes = promotions.iter().map(|promotion| self.change(promotion, version));
        let changes: Vec<_> = changes.collect::<Result<_, _>>()?;
        for (Promotion { serving, built }, change) in promotions.iter().zip(changes) {
            match change {
                Change::None => {}
                Change::Back(kept) => {
                    self.views.remove(serving.name);
                    self.rename(&kept, serving.name.to_owned());
                }
                Change::View => {
                    self.rename(serving.name, kept(serving.name, before));
                    self.views.insert(serving.name.to_owned(), built.name.to_owned());
                }
            }
        }
        Ok(())
    }

    fn change(&self, promotion: &Promotion, version: u32) -> Result<Change, StoreError> {
        let Promotion { serving, built } = promotion;
        let is_view = self.views.contains_key(serving.name);
        if serving.name == built.name && is_view {
            // It had made room for that of a later version.
            let kept = kept(serving.name, version);
            let is_there = self.tables.contains_key(&kept);
            return if is_there {
                Ok(Change::Back(kept))
            } else {
                Err(StoreError::MissingTable { table: built.name })
            };
        }
        if self.real_name(serving.name) == built.name {
            return Ok(Change::None);
        }
        self.stored(built).map(|_| Change::View)
    }

    fn rename(&mut self, from: &str, to: String) {
        if let Some(table) = self.tables.remove(from) {
            self.tables.insert(to, table);
        }
    }

    pub(super) fn drop(&mut self, table: &str) -> Result<(), StoreError> {
        if let Some((view, _)) = self.views.iter().find(|(_, shown)| *shown == table) {
            let what = format!("the table `{table}` is seen as `{view}`");
            return Err(StoreError::Other(Cause::new(what)));
        }
        self.tables.remove(table);
        Ok(())
    }
}

/// The name that a table has while that of another version is seen under its own.
fn kept(table: &str, version: u32) -> String {
    format!("{table}_v{version}")
}
