//! What `auto_explain` says of a statement, and what is wrong with it.

use std::fmt::Write as _;

use serde_json::Value;

/// What a statement may read beyond what it gives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Rows, beside twice the rows that it gives or changes.
    pub(crate) rows: u64,
    /// A table that may be read from end to end.
    pub(crate) whole: Option<&'static str>,
}

impl Allowance {
    /// For a few rows that an operation looks at beside those that it gives, such as the owner's.
    pub(crate) const USUAL: Self = Self { rows: 10, whole: None };

    /// So many rows, for a reason that the case tells.
    pub(crate) const fn rows(rows: u64) -> Self {
        Self { rows, whole: None }
    }

    /// All of a table, beside these rows.
    pub(crate) const fn whole(table: &'static str, rows: u64) -> Self {
        Self { rows, whole: Some(table) }
    }
}

/// A statement that ran, as its plan tells.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    /// Tables that were, or would have been, read from end to end.
    pub(crate) sequential: Vec<String>,
    /// Rows that scans of tables came across, whether they kept them or not.
    pub(crate) read: u64,
    /// Rows that came out of it, or were written.
    pub(crate) given: u64,
    /// Blocks that were touched.
    pub(crate) blocks: u64,
    plan: String,
}

impl Statement {
    /// A notice of `auto_explain`; `None` for any other.
    pub(crate) fn parse(notice: &str) -> Option<Self> {
        let (_, json) = notice.strip_prefix("duration: ")?.split_once("plan:")?;
        let whole: Value =
            serde_json::from_str(json).unwrap_or_else(|error| unreachable!("{error} in {json}"));
        let root = whole.get("Plan").unwrap();
        let mut statement = Self {
            sql: whole.get("Query Text").and_then(Value::as_str).unwrap_or_default().to_owned(),
            sequential: Vec::new(),
            read: 0,
            given: count(&root["Actual Rows"]),
            blocks: count(&root["Shared Hit Blocks"]) + count(&root["Shared Read Blocks"]),
            plan: String::new(),
        };
        statement.walk(root, 0);
        Some(statement)
    }

    fn walk(&mut self, node: &Value, depth: usize) {
        let text = |key: &str| node[key].as_str().unwrap_or_default();
        let (kind, table) = (text("Node Type"), text("Relation Name"));
        let loops = count(&node["Actual Loops"]);
        let rows = count(&node["Actual Rows"]);
        let dropped = count(&node["Rows Removed by Filter"]) + count(&node["Rows Removed by Index Recheck"]);
        // The rows of a bitmap index scan are those of the heap scan above it, unless that has to leave many out.
        let scans = kind.ends_with("Scan") && (!table.is_empty() || kind == "Bitmap Index Scan");
        if kind == "Bitmap Index Scan" {
            self.read = self.read.max(rows * loops);
        } else if scans {
            self.read += (rows + dropped) * loops;
        }
        if kind == "Seq Scan" {
            self.sequential.push(table.to_owned());
        }
        let children = node["Plans"].as_array().map(Vec::as_slice).unwrap_or_default();
        if kind == "ModifyTable" {
            self.given += children.iter().map(|child| count(&child["Actual Rows"])).sum::<u64>();
        }
        let filter = match text("Filter") {
            "" => String::new(),
            filter => format!(" filter {filter}"),
        };
        let (indent, index, condition) = (depth * 2, text("Index Name"), text("Index Cond"));
        let _ = writeln!(
            self.plan,
            "{:indent$}{kind} {table} {index} rows={rows} loops={loops} dropped={dropped} {condition}{filter}",
            ""
        );
        for child in children {
            self.walk(child, depth + 1);
        }
    }

    /// True for a statement of a `.sql` file, whose first line names its operation.
    pub(crate) fn is_written(&self) -> bool {
        self.sql.starts_with("-- ")
    }

    /// True for a statement by which Postgres looks after a foreign key.
    pub(crate) fn is_of_a_foreign_key(&self) -> bool {
        self.sql.contains("OPERATOR(pg_catalog.")
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn fault(&self, allowed: Allowance) -> Option<String> {
        let rows = 2 * self.given + allowed.rows;
        // A look-up goes down some four levels of an index and to the row; a write, into each of the table's indexes.
        let blocks = 100 + 10 * rows;
        let mut faults = Vec::new();
        let sequential: Vec<&str> = self.sequential.iter().map(String::as_str).collect();
        let sequential: Vec<&str> =
            sequential.into_iter().filter(|table| Some(*table) != allowed.whole).collect();
        if !sequential.is_empty() {
            faults.push(format!("reads all of {}", sequential.join(", ")));
        }
        if self.read > rows {
            faults.push(format!("reads {} rows to give {}, {rows} are allowed", self.read, self.given));
        }
        if self.blocks > blocks {
            faults.push(format!("touches {} blocks, {blocks} are allowed", self.blocks));
        }
        (!faults.is_empty()).then(|| format!("{}\n{}\n{}", faults.join("; "), self.sql, self.plan))
    }
}

/// A number of a plan; Postgres 18 gives averages over the loops, with a fraction.
fn count(value: &Value) -> u64 {
    let rounded = |number: f64| format!("{number:.0}").parse().unwrap_or(u64::MAX);
    value.as_u64().or_else(|| value.as_f64().map(rounded)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(plan: &str) -> Statement {
        let notice = format!("duration: 0.1 ms  plan:\n{{\"Query Text\": \"SELECT\", \"Plan\": {plan}}}");
        Statement::parse(&notice).unwrap()
    }

    #[test]
    fn a_sequential_scan_is_a_fault_even_where_it_was_never_reached() {
        let never = statement(
            r#"{"Node Type": "Nested Loop", "Actual Rows": 0, "Actual Loops": 1, "Plans": [
                {"Node Type": "Seq Scan", "Relation Name": "apps", "Actual Rows": 0, "Actual Loops": 0}]}"#,
        );
        assert!(never.fault(Allowance::USUAL).unwrap().starts_with("reads all of apps\n"));
        assert_eq!(never.fault(Allowance::whole("apps", 0)), None);
        assert!(never.fault(Allowance::whole("workers", 0)).is_some());
    }

    #[test]
    fn rows_that_a_filter_drops_count_as_read_in_every_loop() {
        let scan = |loops, dropped| {
            statement(&format!(
                r#"{{"Node Type": "Limit", "Actual Rows": 3, "Actual Loops": 1, "Plans": [
                    {{"Node Type": "Index Scan", "Relation Name": "apps", "Actual Rows": 1.00,
                      "Actual Loops": {loops}, "Rows Removed by Filter": {dropped}}}]}}"#
            ))
        };
        assert_eq!((scan(3, 0).read, scan(3, 0).given), (3, 3));
        assert_eq!(scan(3, 4).read, 15);
        assert_eq!(scan(3, 4).fault(Allowance::USUAL), None);
        assert!(
            scan(3, 5)
                .fault(Allowance::USUAL)
                .unwrap()
                .starts_with("reads 18 rows to give 3, 16 are allowed")
        );
        assert_eq!(scan(3, 5).fault(Allowance::rows(12)), None);
    }

    #[test]
    fn what_is_written_counts_as_given_and_blocks_are_bounded_too() {
        let delete = |blocks| {
            statement(&format!(
                r#"{{"Node Type": "ModifyTable", "Relation Name": "jobs", "Actual Rows": 0, "Actual Loops": 1,
                    "Shared Hit Blocks": {blocks}, "Plans": [
                    {{"Node Type": "Index Scan", "Relation Name": "jobs", "Actual Rows": 40, "Actual Loops": 1}}]}}"#
            ))
        };
        assert_eq!((delete(7).given, delete(7).read, delete(7).blocks), (40, 40, 7));
        assert_eq!(delete(1000).fault(Allowance::USUAL), None);
        assert!(delete(1001).fault(Allowance::USUAL).unwrap().starts_with("touches 1001 blocks"));
    }
}
