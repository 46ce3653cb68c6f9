//! What a table lacks that its read model has, and which differences no store can mend. For every store the same.

use crate::column::{Column, SqlType, Table};
use crate::error::StoreError;

/// A column as a store found it. Adapters only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// What it holds, in the store's words.
    pub sql_type: String,
    /// Whether it may be empty.
    pub nullable: bool,
    /// Whether it alone identifies a row.
    pub key: bool,
    /// Whether it is filled in when a writer does not name it.
    pub default: bool,
}

impl Column {
    /// Whether rows that are there keep it from being added: our own columns are filled in for them. Adapters only.
    #[must_use]
    pub const fn is_needed(&self) -> bool {
        !self.nullable && !self.is_bookkeeping()
    }
}

impl Table {
    /// The columns to be added to a table that is there; `words` says how the store calls what a column holds.
    /// Adapters only.
    ///
    /// Our own columns are among those that are added; a store fills them in where there are rows. A column that the
    /// read model does not know is left alone when its writer need not know it either: an older
    /// program may run beside a newer one.
    ///
    /// # Errors
    /// [`StoreError::TableDiffers`] with the first difference that adding columns does not mend.
    pub fn missing_from(
        &self,
        found: &[FoundColumn],
        words: impl Fn(SqlType) -> &'static str,
    ) -> Result<Vec<&'static Column>, StoreError> {
        let mut missing = Vec::new();
        for column in self.all_columns() {
            match found.iter().find(|found| found.name == column.name) {
                None if column.name == self.key => {
                    return Err(self.differs(format!("it has no column `{}`", self.key)));
                }
                None => missing.push(column),
                Some(found) => self.compare(column, found, words(column.sql_type))?,
            }
        }
        let known = |name: &str| self.column(name).is_some();
        let unknown = found.iter().find(|found| {
            let needed = !found.nullable && !found.default;
            needed && !known(&found.name)
        });
        match unknown {
            None => Ok(missing),
            Some(FoundColumn { name, .. }) => Err(self.differs(format!(
                "its column `{name}` is not one of the read model's, and must be filled in: let it be NULL or give it a default"
            ))),
        }
    }

    /// The error when columns that must be filled in cannot be added, since there are rows. Adapters only.
    pub fn has_rows_without(&self, missing: &[&Column]) -> StoreError {
        let names = missing.iter().filter(|column| column.is_needed());
        let names: Vec<_> = names.map(|column| format!("`{}`", column.name)).collect();
        self.differs(format!(
            "it has rows, and they have no {}: make the field an `Option`, or build the read model anew in another table",
            names.join(", ")
        ))
    }

    /// The error when rows are asked for with a column that was never added. Adapters only.
    pub fn lacks(&self, column: &str) -> StoreError {
        self.differs(format!("it has no column `{column}`: call `ensure_read_model` at start-up"))
    }

    fn compare(
        &self,
        column: &Column,
        found: &FoundColumn,
        wanted: &str,
    ) -> Result<(), StoreError> {
        let name = column.name;
        if found.sql_type != wanted {
            return Err(
                self.differs(format!("its column `{name}` is {}, not {wanted}", found.sql_type))
            );
        }
        if found.nullable != column.nullable {
            let may = if found.nullable { "may be NULL" } else { "is NOT NULL" };
            return Err(self.differs(format!("its column `{name}` {may}")));
        }
        if found.key != (name == self.key) {
            return Err(self.differs(format!("its primary key is not `{}`", self.key)));
        }
        Ok(())
    }

    fn differs(&self, difference: String) -> StoreError {
        StoreError::TableDiffers { table: self.name, difference }
    }
}
