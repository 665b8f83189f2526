//! The operations: what callers do through a handle, such as `db.users().find(id)`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use quote::ToTokens;
use syn::{Attribute, FnArg, ImplItem, ImplItemFn, Item, ItemImpl, ItemStruct, Meta, Visibility};

use super::files::{parse, root, rust_files};

/// Handles beside the repositories, and types with a lifetime that are no handles.
const OTHER_HANDLES: &[&str] = &["Audit", "Secrets", "Maintenance"];
const NO_HANDLES: &[&str] = &["Tx"];

/// One operation of a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The handle's type: `Users`.
    pub handle: String,
    /// The method: `find`.
    pub name: String,
    /// Names and types of the parameters, without `self` and without blanks: `("id", "UserId")`.
    pub parameters: Vec<(String, String)>,
    /// The other names that rustdoc finds it by: `FindUserByID`.
    pub aliases: Vec<String>,
    /// The file that declares it, below the root of the workspace.
    pub file: PathBuf,
    /// Whether the handle is a repository, which `Database` and `Tx` both give.
    pub repository: bool,
}

impl Operation {
    /// As tables and documentation name it: `Users::find`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}::{}", self.handle, self.name)
    }

    /// As its callers write it, up to the parenthesis: `users().find(`.
    #[must_use]
    pub fn call(&self) -> String {
        format!("{}().{}(", snake(&self.handle), self.name)
    }
}

/// Every operation of every handle of `wh-repo`, in the order of their paths.
///
/// # Errors
/// What was not understood, with its file.
pub fn operations() -> Result<Vec<Operation>, String> {
    let source = root().join("crates/wh-repo/src");
    let mut reader = Reader::default();
    for file in rust_files(&source)? {
        let repository = file.starts_with(source.join("repositories"));
        reader.items(&parse(&file)?.items, &file, repository)?;
    }
    let list = source.join("repositories/mod.rs");
    let list =
        fs::read_to_string(&list).map_err(|error| format!("could not read {}: {error}", list.display()))?;
    reader.finish(&list)
}

/// What is wrong with a list of cases at `place` that must name every operation of the repositories, each as a case or among the
/// `exempt`.
///
/// # Errors
/// As [`operations`].
pub fn complaints(
    place: &str,
    cases: &BTreeSet<&'static str>,
    exempt: &[&'static str],
) -> Result<Vec<String>, String> {
    let all: BTreeSet<String> =
        operations()?.iter().filter(|operation| operation.repository).map(Operation::path).collect();
    Ok(judge(place, &all, cases, exempt))
}

fn judge(
    place: &str,
    all: &BTreeSet<String>,
    cases: &BTreeSet<&'static str>,
    exempt: &[&'static str],
) -> Vec<String> {
    let exempt: BTreeSet<&str> = exempt.iter().copied().collect();
    let missing = all.iter().filter(|name| !cases.contains(name.as_str()) && !exempt.contains(name.as_str()));
    let unknown = cases.union(&exempt).filter(|name| !all.contains(**name));
    let twice = cases.intersection(&exempt);
    missing
        .map(|name| format!("{name} has no case in {place}: add one"))
        .chain(
            unknown.map(|name| format!("{place} names {name}, which is no operation: correct or remove it")),
        )
        .chain(
            twice
                .map(|name| format!("{place} has a case for {name} and says that it needs none: remove one")),
        )
        .collect()
}

#[derive(Default)]
struct Reader {
    /// Public types with a lifetime, and whether they are repositories.
    handles: BTreeMap<String, bool>,
    operations: Vec<Operation>,
}

impl Reader {
    fn items(&mut self, items: &[Item], file: &Path, repository: bool) -> Result<(), String> {
        for item in items {
            match item {
                Item::Struct(item) => self.handle(item, file, repository)?,
                Item::Impl(item) if item.trait_.is_none() => self.methods(item, file)?,
                Item::Mod(item) if !is_test(&item.attrs) => {
                    let inner = item.content.as_ref().map(|(_, items)| items.as_slice());
                    self.items(inner.unwrap_or_default(), file, repository)?;
                }
                Item::Macro(item) if item.ident.is_none() => {
                    let text = item.mac.tokens.to_string();
                    if repository && text.split(' ').any(|word| word == "impl" || word == "async") {
                        let name = item.mac.path.to_token_stream();
                        return Err(format!(
                            "{}: the macro `{name}!` may declare operations: write them out",
                            file.display()
                        ));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn handle(&mut self, item: &ItemStruct, file: &Path, repository: bool) -> Result<(), String> {
        let name = item.ident.to_string();
        let public = matches!(item.vis, Visibility::Public(_));
        if !public || item.generics.lifetimes().next().is_none() || NO_HANDLES.contains(&name.as_str()) {
            return Ok(());
        }
        let executes =
            item.fields.iter().any(|field| field.ident.as_ref().is_some_and(|ident| ident == "executor"));
        let known = OTHER_HANDLES.contains(&name.as_str()) || repository && executes;
        if !known {
            return Err(format!(
                "{}: is the public type `{name}` with a lifetime a handle? A handle of a repository has a field `executor`; name \
                 another one in crates/wh-testkit/src/source/operations.rs",
                file.display()
            ));
        }
        self.handles.insert(name, repository);
        Ok(())
    }

    fn methods(&mut self, block: &ItemImpl, file: &Path) -> Result<(), String> {
        let syn::Type::Path(owner) = &*block.self_ty else {
            return Ok(());
        };
        let Some(handle) = owner.path.segments.last().map(|segment| segment.ident.to_string()) else {
            return Ok(());
        };
        for item in &block.items {
            let ImplItem::Fn(method) = item else { continue };
            if matches!(method.vis, Visibility::Public(_)) {
                let operation = read(method, &handle, file)
                    .map_err(|why| format!("{}: `{handle}::{}` {why}", file.display(), method.sig.ident))?;
                self.operations.extend(operation);
            }
        }
        Ok(())
    }

    /// Keeps what belongs to handles, once all are known, and compares them with the `list` of repositories.
    fn finish(mut self, list: &str) -> Result<Vec<Operation>, String> {
        for (handle, _) in self.handles.iter().filter(|(_, repository)| **repository) {
            let accessor = format!("pub fn {}(&self) -> $crate::{handle}<'_>", snake(handle));
            if !list.contains(&accessor) {
                return Err(format!("repositories/mod.rs does not have `{accessor}`, so nobody reaches it"));
            }
        }
        self.operations.retain(|operation| self.handles.contains_key(&operation.handle));
        for operation in &mut self.operations {
            operation.repository = self.handles.get(&operation.handle).is_some_and(|is| *is);
        }
        self.operations.sort_by_key(Operation::path);
        let silent = self
            .handles
            .keys()
            .find(|handle| !self.operations.iter().any(|operation| operation.handle == **handle));
        match silent {
            Some(handle) => Err(format!("no operation of the handle `{handle}` was found")),
            None => Ok(self.operations),
        }
    }
}

/// A method as an operation; none for one without `self`.
fn read(method: &ImplItemFn, handle: &str, file: &Path) -> Result<Option<Operation>, &'static str> {
    let signature = &method.sig;
    if signature.receiver().is_none() {
        return Ok(None);
    }
    let mut parameters = Vec::new();
    for input in &signature.inputs {
        let FnArg::Typed(typed) = input else { continue };
        let name = match &*typed.pat {
            syn::Pat::Ident(name) => name.ident.to_string(),
            _ => return Err("has a parameter without a name: give it one"),
        };
        parameters.push((name, without_blanks(&typed.ty.to_token_stream().to_string())));
    }
    Ok(Some(Operation {
        handle: handle.to_owned(),
        name: signature.ident.to_string(),
        parameters,
        aliases: aliases(&method.attrs),
        file: file.strip_prefix(root()).unwrap_or(file).to_path_buf(),
        repository: false,
    }))
}

/// The texts of `#[doc(alias = "…")]`.
fn aliases(attributes: &[Attribute]) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let Meta::List(_) = attribute.meta else { continue };
        // Other words in the parentheses, such as `hidden`, have no text and end the walk.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("alias") {
                found.push(meta.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
    }
    found
}

pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.to_token_stream().to_string().contains("test")
    })
}

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

/// `GitTokens` as `git_tokens`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "pub fn git_tokens(&self) -> $crate::GitTokens<'_> {";

    fn enumerate(source: &str) -> Result<Vec<Operation>, String> {
        let mut reader = Reader::default();
        reader.items(&syn::parse_file(source).unwrap().items, Path::new("x.rs"), true)?;
        reader.finish(LIST)
    }

    #[test]
    fn public_methods_of_handles_are_operations() {
        let found = enumerate(
            "pub struct GitTokens<'a> { pub(crate) executor: Executor<'a> }
             impl GitTokens<'_> {
                 /// Finds.
                 #[doc(alias = \"GetGitToken\")]
                 pub async fn find<'x>(self, user: UserId, name: &'x str) -> Result<()> { Ok(()) }
                 pub fn listen(self) {}
                 async fn hidden(self) {}
                 pub fn made() -> Self { Self }
             }
             impl Other { pub async fn none(self) {} }
             impl Clone for GitTokens<'_> { fn clone(&self) -> Self { *self } }",
        )
        .unwrap();
        let paths: Vec<_> = found.iter().map(Operation::path).collect();
        assert_eq!(paths, ["GitTokens::find", "GitTokens::listen"]);
        assert_eq!(found[0].call(), "git_tokens().find(");
        assert_eq!(found[0].aliases, ["GetGitToken"]);
        let parameters = [("user", "UserId"), ("name", "&'xstr")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(found[0].parameters, parameters);
        assert!(found[0].repository);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        let handle = "pub struct GitTokens<'a> { pub(crate) executor: Executor<'a> }";
        for (more, part) in [
            ("", "no operation of the handle `GitTokens`"),
            ("operations! { impl GitTokens<'_> { pub async fn find(self) {} } }", "the macro `operations!`"),
            ("pub struct Strange<'a> { inner: &'a str }", "is the public type `Strange`"),
            (
                "impl GitTokens<'_> { pub async fn find(self, (a, b): (u8, u8)) {} }",
                "parameter without a name",
            ),
        ] {
            let error = enumerate(&format!("{handle}\n{more}")).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        let unlisted = "pub struct Apps<'a> { executor: Executor<'a> } impl Apps<'_> { pub fn a(self) {} }";
        assert!(enumerate(unlisted).unwrap_err().contains("$crate::Apps<'_>"));
    }

    #[test]
    fn the_operations_of_the_repositories_are_found() {
        let all: BTreeSet<String> = operations().unwrap().iter().map(Operation::path).collect();
        for known in
            ["Users::find", "Jobs::claim_next", "Jobs::listen", "RuntimeLogs::newest", "Secrets::rotate"]
        {
            assert!(all.contains(known), "{known}");
        }
        assert!(all.len() >= 105 && !all.contains("Tx::users") && !all.contains("KeyRing::new"), "{all:?}");
    }

    #[test]
    fn an_operation_without_a_case_is_found_with_its_place_and_a_case_without_an_operation() {
        let all: BTreeSet<String> = ["Users::find", "Jobs::find"].map(str::to_owned).into();
        let place = "tests/plans";
        let judge = |cases: &[&'static str], exempt: &[&'static str]| {
            judge(place, &all, &cases.iter().copied().collect(), exempt)
        };
        assert_eq!(judge(&["Users::find", "Jobs::find"], &[]), Vec::<String>::new());
        assert_eq!(judge(&["Jobs::find"], &["Users::find"]), Vec::<String>::new());
        assert_eq!(judge(&["Jobs::find"], &[]), ["Users::find has no case in tests/plans: add one"]);
        assert_eq!(judge(&["Jobs::find", "Users::dance"], &["Users::find", "Jobs::find"]).len(), 2);
    }
}
