//! Circles in a small graph.

use std::collections::{BTreeMap, BTreeSet};

/// From one room to another, and a place where the source says so.
pub(super) type Edges = BTreeMap<(String, String), String>;

/// Each set of rooms that reach each other, as one text with the places.
pub(super) fn circles(edges: &Edges) -> Vec<String> {
    let rooms: BTreeSet<&String> = edges.keys().flat_map(|(from, to)| [from, to]).collect();
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        rooms.iter().map(|room| (*room, reach(room, edges))).collect();
    let meets = |one: &String, other: &String| {
        reached.get(one).is_some_and(|all| all.contains(other))
            && reached.get(other).is_some_and(|all| all.contains(one))
    };
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for room in &rooms {
        if !seen.insert(*room) || !meets(room, room) {
            continue;
        }
        let together: Vec<&String> = rooms.iter().filter(|other| meets(room, other)).copied().collect();
        seen.extend(&together);
        let places = edges
            .iter()
            .filter(|((from, to), _)| together.contains(&from) && together.contains(&to))
            .map(|((from, to), place)| format!("\n    {from} uses {to}: {place}"));
        let names: Vec<&str> = together.iter().map(|room| room.as_str()).collect();
        found.push(format!(
            "{} use each other: move what both need into a room below both{}",
            names.join(", "),
            places.collect::<String>()
        ));
    }
    found
}

fn reach<'a>(from: &str, edges: &'a Edges) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(room) = open.pop() {
        for (_, other) in edges.keys().filter(|(one, _)| *one == room) {
            if reached.insert(other) {
                open.push(other.clone());
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rooms_that_reach_each_other_are_a_circle() {
        let edges = |list: &[(&str, &str)]| -> Edges {
            let named = |(a, b): &(&str, &str)| (((*a).to_owned(), (*b).to_owned()), format!("{a}.rs"));
            list.iter().map(named).collect()
        };
        assert_eq!(circles(&edges(&[("a", "b"), ("b", "c"), ("a", "c")])), Vec::<String>::new());
        let found = circles(&edges(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("a, b, c use each other") && found[0].contains("c uses a: c.rs"),
            "{found:?}"
        );
    }
}
