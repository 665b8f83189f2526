//! Every public name of the workspace.

use std::collections::{BTreeMap, BTreeSet};

use syn::{ImplItem, Item, TraitItem, Visibility};

use super::{
    files::{packages, parse, rust_files},
    operations::is_test,
};

/// Public types, functions and methods (`Type`, `function`, `Type::method`), and the crates that have one of that name.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, BTreeSet<String>>);

impl Names {
    /// Reads every crate.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, with its path.
    pub fn of_the_house() -> Result<Self, String> {
        let mut names = Self::default();
        for folder in packages()? {
            let home = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for file in rust_files(&folder.join("src"))? {
                names.items(&parse(&file)?.items, &home);
            }
        }
        Ok(names)
    }

    /// Whether a crate has this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn put(&mut self, name: String, home: &str) {
        self.0.entry(name).or_default().insert(home.to_owned());
    }

    fn items(&mut self, items: &[Item], home: &str) {
        for item in items {
            let (visibility, name) = match item {
                Item::Mod(item) if !is_test(&item.attrs) => {
                    let inner = item.content.as_ref().map(|(_, items)| items.as_slice());
                    self.items(inner.unwrap_or_default(), home);
                    continue;
                }
                Item::Impl(item) => {
                    self.methods(item, home);
                    continue;
                }
                Item::Trait(item) => {
                    for method in &item.items {
                        if let TraitItem::Fn(method) = method {
                            self.put(format!("{}::{}", item.ident, method.sig.ident), home);
                        }
                    }
                    (&item.vis, &item.ident)
                }
                Item::Struct(item) => (&item.vis, &item.ident),
                Item::Enum(item) => {
                    for variant in &item.variants {
                        self.put(format!("{}::{}", item.ident, variant.ident), home);
                    }
                    (&item.vis, &item.ident)
                }
                Item::Type(item) => (&item.vis, &item.ident),
                Item::Const(item) => (&item.vis, &item.ident),
                Item::Fn(item) => (&item.vis, &item.sig.ident),
                _ => continue,
            };
            if matches!(visibility, Visibility::Public(_)) {
                self.put(name.to_string(), home);
            }
        }
    }

    fn methods(&mut self, block: &syn::ItemImpl, home: &str) {
        let syn::Type::Path(owner) = &*block.self_ty else { return };
        let Some(owner) = owner.path.segments.last().map(|segment| segment.ident.to_string()) else { return };
        for item in &block.items {
            let (visibility, name): (&Visibility, _) = match item {
                ImplItem::Fn(method) => (&method.vis, &method.sig.ident),
                ImplItem::Const(constant) => (&constant.vis, &constant.ident),
                _ => continue,
            };
            if block.trait_.is_some() || matches!(visibility, Visibility::Public(_)) {
                self.put(format!("{owner}::{name}"), home);
            }
        }
    }
}
