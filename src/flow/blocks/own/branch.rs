//! `BranchBlock` (Seedbed's own): lets a copy of the row end here while the row itself goes on, where one row is worth two samples.
//!
//! Keys: `output_cols` (one: true for the copy that ends, false for the row that goes on). Later blocks say `when: not
//! finished`, or `when: finished` for what makes a sample of the copy; the copy asks nobody any more.

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};

pub(super) const NAME: &str = "BranchBlock";

struct Branch(String);

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let column = config.one_output()?;
    Ok(Block::each(config.name(), NAME, Branch(column.clone())).writing(vec![column]))
}

impl EachRow for Branch {
    fn apply(&self, row: Row) -> Applied {
        Applied::many(row.split(vec![true, false], |row, is_finished| row.set(&self.0, is_finished)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, values};
    use serde_json::json;

    #[test]
    fn a_copy_ends_and_the_row_goes_on() {
        let applied = apply(NAME, json!({"output_cols": "finished"}), json!({"text": "t"}));
        let both = [[json!("t"), json!(true)], [json!("t"), json!(false)]];
        assert_eq!(values(&applied, &["text", "finished"]), both);
        let names: Vec<String> = applied.rows.iter().map(|row| row.lineage.to_string()).collect();
        assert_eq!(names, ["0.0", "0.1"]);
    }
}
