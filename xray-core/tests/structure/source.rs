//! What the modules of a crate import, read from its text.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The text of each file, by its path in `src`.
pub(crate) type Sources = BTreeMap<String, String>;

/// A crate whose modules were read from `lib.rs` on.
pub(crate) struct Crate {
    /// The modules at the top, in the order of `lib.rs`.
    pub(crate) modules: Vec<String>,
    /// What is imported upwards, and what could not be understood.
    pub(crate) wrong: Vec<String>,
    /// The module in which what `lib.rs` gives another name, or the same, is.
    exported: BTreeMap<String, String>,
    /// Paths that begin with `crate`, `self` or `super`, absolute, and the file and the top module that they are in.
    imports: Vec<(String, String, Vec<String>)>,
    read: BTreeSet<String>,
}

/// Where a text is.
#[derive(Clone)]
struct Place {
    file: String,
    /// The folder of the files of child modules.
    folder: String,
    module: Vec<String>,
    is_test: bool,
}

impl Crate {
    pub(crate) fn read(sources: &Sources) -> Self {
        let mut this = Self {
            modules: Vec::new(),
            wrong: Vec::new(),
            exported: BTreeMap::new(),
            imports: Vec::new(),
            read: BTreeSet::new(),
        };
        let root = Place { file: "lib.rs".to_owned(), folder: String::new(), module: Vec::new(), is_test: false };
        let mut pending = vec![root];
        while let Some(place) = pending.pop() {
            this.read.insert(place.file.clone());
            let tokens: TokenStream = sources[&place.file].parse().unwrap();
            let mut children = Vec::new();
            this.walk(tokens, &place, sources, &mut children);
            pending.extend(children.into_iter().rev());
        }
        this.judge();
        this
    }

    /// The files that no module is in, those for tests included.
    pub(crate) fn unread(&self, sources: &Sources) -> Vec<String> {
        sources.keys().filter(|path| !self.read.contains(*path)).cloned().collect()
    }

    fn walk(&mut self, tokens: TokenStream, place: &Place, sources: &Sources, children: &mut Vec<Place>) {
        let mut tokens = tokens.into_iter().peekable();
        // What the attributes before an item say of it.
        let (mut is_test, mut path) = (false, None);
        let (mut is_exported_macro, mut after_dollar) = (false, false);
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    let attribute = tokens.peek().map(ToString::to_string).unwrap_or_default().replace(' ', "");
                    if attribute.starts_with('[') {
                        is_test |= attribute == "[cfg(test)]";
                        is_exported_macro |= attribute == "[macro_export]";
                        let named = attribute.strip_prefix("[path=\"").and_then(|rest| rest.strip_suffix("\"]"));
                        path = named.map(str::to_owned).or(path);
                        tokens.next();
                        continue;
                    }
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let name = tokens.next().map(|name| name.to_string()).unwrap_or_default();
                    let mut inner = Place { is_test: place.is_test || is_test, ..place.clone() };
                    inner.module.push(name.clone());
                    inner.folder = format!("{}{name}/", place.folder);
                    match tokens.next() {
                        // It is a part of `lib.rs`, which is above all.
                        Some(TokenTree::Group(_)) if place.module.is_empty() => {}
                        Some(TokenTree::Group(body)) => self.walk(body.stream(), &inner, sources, children),
                        _ => match file_of(&name, path.as_deref(), place, sources) {
                            Some(file) => {
                                if place.module.is_empty() && !inner.is_test {
                                    self.modules.push(name);
                                }
                                children.push(Place { file, ..inner });
                            }
                            None => self.wrong.push(format!("{}: there is no file for {name}", place.file)),
                        },
                    }
                    (is_test, path) = (false, None);
                    continue;
                }
                TokenTree::Ident(word) if word == "use" && place.module.is_empty() && !is_test => {
                    self.export(&mut tokens);
                }
                TokenTree::Ident(word) if word == "macro_rules" && is_exported_macro => {
                    tokens.next();
                    if let (Some(name), Some(top)) = (tokens.next(), place.module.first()) {
                        self.exported.insert(name.to_string(), top.clone());
                    }
                    is_exported_macro = false;
                }
                _ if is_test => {
                    let ends = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ';')
                        || matches!(&token, TokenTree::Group(body) if body.delimiter() == Delimiter::Brace);
                    is_test = !ends;
                    continue;
                }
                TokenTree::Ident(word) if *word == "crate" || *word == "self" || *word == "super" => {
                    let start = match word.to_string().as_str() {
                        "crate" => Vec::new(),
                        "self" => place.module.clone(),
                        _ => parent_of(&place.module),
                    };
                    // Followed by `::`, or it is the crate's visibility, a receiver, or `self` in a group.
                    if !after_dollar && is_colons(&mut tokens) {
                        self.import(start, &mut tokens, place);
                    }
                }
                TokenTree::Group(body) => self.walk(body.stream(), place, sources, children),
                _ => {}
            }
            after_dollar = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '$');
        }
    }

    /// Reads what follows the colons of a path: a name and perhaps more of them, or a group.
    fn import(&mut self, mut path: Vec<String>, tokens: &mut Peekable<IntoIter>, place: &Place) {
        loop {
            match tokens.peek() {
                Some(TokenTree::Ident(word)) if *word == "super" => path = parent_of(&path),
                Some(TokenTree::Ident(word)) if *word == "self" => {}
                Some(TokenTree::Ident(word)) => path.push(word.to_string()),
                Some(TokenTree::Punct(mark)) if mark.as_char() == '*' => path.push("*".to_owned()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let mut inner = group.stream().into_iter().peekable();
                    while inner.peek().is_some() {
                        self.import(path.clone(), &mut inner, place);
                        // As far as the next of the group: `as` and its name.
                        while inner.next().is_some_and(|token| token.to_string() != ",") {}
                    }
                    tokens.next();
                    return;
                }
                // Generic arguments, which are walked as what follows.
                _ => break,
            }
            tokens.next();
            if !is_colons(tokens) {
                break;
            }
        }
        if let (false, Some(top)) = (place.is_test, place.module.first()) {
            self.imports.push((place.file.clone(), top.clone(), path));
        }
    }

    /// Reads a `use` of `lib.rs`: what others find under which name, and the module that it comes from.
    fn export(&mut self, tokens: &mut Peekable<IntoIter>) {
        let Some(first) = tokens.next() else { return };
        let module = first.to_string();
        let mut pending = vec![tokens.by_ref().take_while(|token| token.to_string() != ";").collect::<Vec<_>>()];
        while let Some(tokens) = pending.pop() {
            for part in tokens.split(|token| token.to_string() == ",") {
                match part.last() {
                    Some(TokenTree::Group(group)) => pending.push(group.stream().into_iter().collect()),
                    // What comes by `*` is not known by name.
                    Some(TokenTree::Ident(name)) => drop(self.exported.insert(name.to_string(), module.clone())),
                    _ => {}
                }
            }
        }
    }

    fn judge(&mut self) {
        for (file, own, path) in &self.imports {
            let Some(first) = path.first() else { continue };
            let imported = if self.modules.contains(first) { Some(first) } else { self.exported.get(first) };
            let place = |module: &String| self.modules.iter().position(|listed| listed == module);
            // What nobody knows cannot be said to be below.
            let is_below = imported.is_some_and(|imported| place(imported) >= place(own));
            if !is_below {
                self.wrong.push(format!("{file} imports {}", imported.unwrap_or(first)));
            }
        }
    }
}

fn parent_of(module: &[String]) -> Vec<String> {
    module[..module.len().saturating_sub(1)].to_vec()
}

/// Takes two colons, if they are there.
fn is_colons(tokens: &mut Peekable<IntoIter>) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ':');
    if !tokens.peek().is_some_and(is_colon) {
        return false;
    }
    // One alone is that of a type: `self: Box<Self>`.
    tokens.next();
    tokens.next_if(is_colon).is_some()
}

fn file_of(name: &str, path: Option<&str>, place: &Place, sources: &Sources) -> Option<String> {
    let (folder, own) = (&place.folder, place.file.rsplit_once('/').map_or("", |(folder, _)| folder));
    let candidates = match path {
        Some(path) if own.is_empty() => vec![path.to_owned()],
        Some(path) => vec![format!("{own}/{path}")],
        None => vec![format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")],
    };
    candidates.into_iter().find(|candidate| sources.contains_key(candidate))
}
