//! Which module of a crate names which other one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Item, UseTree,
    visit::{self, Visit},
};
use wh_testkit::source::{root, rust_files};

/// A module as its path below the crate: `["engine", "pool"]`; empty for the root.
pub(super) type Module = Vec<String>;

/// What the source of a crate says.
pub(super) struct Source {
    pub(super) modules: BTreeSet<Module>,
    /// Who uses whom, and where.
    pub(super) uses: Vec<(Module, Module, String)>,
}

/// Reads the crate below `source`.
pub(super) fn read(source: &Path) -> Result<Source, String> {
    let mut files = Vec::new();
    for path in rust_files(source)? {
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("could not read {}: {error}", path.display()))?;
        let file =
            syn::parse_file(&text).map_err(|error| format!("could not parse {}: {error}", path.display()))?;
        files.push((module_of(path.strip_prefix(source).unwrap_or(&path)), path, file));
    }
    let tests: BTreeSet<Module> =
        files.iter().flat_map(|(module, _, file)| test_modules(module, &file.items)).collect();
    files.retain(|(module, ..)| !tests.iter().any(|test| module.starts_with(test)));
    let modules: BTreeSet<Module> = files.iter().map(|(module, ..)| module.clone()).collect();

    let mut exports = BTreeMap::new();
    for (_, _, file) in files.iter().filter(|(module, ..)| module.is_empty()) {
        for item in &file.items {
            if let Item::Use(item) = item {
                for path in leaves(&item.tree) {
                    if let Some((name, home)) = path.split_last() {
                        exports.insert(
                            name.clone(),
                            home.iter().filter(|part| *part != "crate").cloned().collect(),
                        );
                    }
                }
            }
        }
    }
    let mut uses = Vec::new();
    for (module, path, file) in &files {
        let place = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        let mut reader = Reader { module, modules: &modules, exports: &exports, place, uses: &mut uses };
        reader.visit_file(file);
    }
    Ok(Source { modules, uses })
}

/// `engine/pool/mod.rs` and `engine/pool.rs` as `["engine", "pool"]`.
fn module_of(path: &Path) -> Module {
    let mut parts: Module =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// Modules in files of their own that are there for tests only.
fn test_modules(module: &Module, items: &[Item]) -> Vec<Module> {
    let named = items.iter().filter_map(|item| match item {
        Item::Mod(item) if is_test(&item.attrs) => {
            Some([module.as_slice(), &[item.ident.to_string()]].concat())
        }
        _ => None,
    });
    named.collect()
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string() == "test",
        _ => false,
    })
}

/// Every path of a `use`, without those that end in `*`, whose last part is left out.
fn leaves(tree: &UseTree) -> Vec<Vec<String>> {
    match tree {
        UseTree::Path(path) => {
            let mut below = leaves(&path.tree);
            for leaf in &mut below {
                leaf.insert(0, path.ident.to_string());
            }
            below
        }
        UseTree::Name(name) if name.ident == "self" => vec![Vec::new()],
        UseTree::Name(name) => vec![vec![name.ident.to_string()]],
        UseTree::Rename(name) => vec![vec![name.ident.to_string()]],
        UseTree::Glob(_) => vec![Vec::new()],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

struct Reader<'a> {
    module: &'a Module,
    modules: &'a BTreeSet<Module>,
    /// Where the root has a name from.
    exports: &'a BTreeMap<String, Module>,
    place: String,
    uses: &'a mut Vec<(Module, Module, String)>,
}

impl Reader<'_> {
    fn path(&mut self, path: &[String]) {
        let target = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self") => self.module.clone(),
            Some("super") => {
                let up = path.iter().take_while(|part| *part == "super").count();
                let depth = self.module.len().saturating_sub(up);
                self.module.get(..depth).unwrap_or_default().to_vec()
            }
            _ => return,
        };
        let rest: Vec<&String> =
            path.iter().skip_while(|part| ["crate", "self", "super"].contains(&part.as_str())).collect();
        let mut home = target;
        for part in &rest {
            let below = [home.as_slice(), &[(*part).clone()]].concat();
            if !self.modules.contains(&below) {
                break;
            }
            home = below;
        }
        if home.is_empty() {
            home = rest.first().and_then(|name| self.exports.get(*name)).cloned().unwrap_or_default();
        }
        self.uses.push((self.module.clone(), home, format!("{} names {}", self.place, path.join("::"))));
    }

    /// Paths inside of macros, which are no syntax yet.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 2;
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    self.path(&std::mem::take(&mut path));
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
            self.path(&std::mem::take(&mut path));
        }
        self.path(&path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // The root's exports make it no user of its rooms.
        for path in leaves(&item.tree) {
            self.path(&path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.path(&parts);
        visit::visit_path(self, path);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    /// Documentation may name everybody.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}
