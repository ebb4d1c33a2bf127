//! The decode plan: which fields of a record are read, and as what.

/// What a planned field holds; see `transforms/model/plan.py`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A number, as the nearest double.
    Number,
    /// A number with a whole value of 64 bits.
    Integer,
    /// An object of strings, numbers (as their source text) and booleans.
    TextMap,
    /// An object of numbers.
    NumberMap,
    /// A string, or the source text of a number, true or false.
    Scalar,
    /// The source text of any value.
    Raw,
    /// An array of objects with fields of their own.
    Items,
}

impl Kind {
    /// The kind of this name, as Python spells it.
    pub fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "text" => Kind::Text,
            "number" => Kind::Number,
            "integer" => Kind::Integer,
            "text map" => Kind::TextMap,
            "number map" => Kind::NumberMap,
            "scalar" => Kind::Scalar,
            "raw" => Kind::Raw,
            "items" => Kind::Items,
            _ => return None,
        })
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into an object: a key in UTF-8.
    Key(Vec<u8>),
    /// Into an array, from 0.
    Index(usize),
}

/// One planned field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Of its column.
    pub name: String,
    /// From the record, or the item, to the value.
    pub path: Vec<Step>,
    /// What it holds.
    pub kind: Kind,
    /// Of [`Kind::Items`], what is read of each item.
    pub items: Vec<Field>,
}

/// What is planned at one place of a record.
#[derive(Debug)]
pub enum Node {
    /// A column of this number and kind.
    Leaf(usize, Kind),
    /// A column of items, each of which is read by the node.
    Items(usize, Box<Node>),
    /// An object of which these keys are read.
    Object(Vec<(Vec<u8>, Node)>),
    /// An array of which these elements are read, in their order.
    Array(Vec<(usize, Node)>),
    /// Several of these at once; each of them reads the value anew.
    Several(Vec<Node>),
}

/// The keys of one object that can be told apart by a bit each.
pub const MOST_KEYS: usize = 128;

impl Node {
    /// The tree of some fields; `None` where an object would have more than [`MOST_KEYS`] keys.
    pub fn of(fields: &[Field]) -> Option<Node> {
        let paths: Vec<_> = fields.iter().enumerate().map(|(column, field)| (column, field, &field.path[..])).collect();
        node(&paths, true)
    }
}

type Planned<'a> = (usize, &'a Field, &'a [Step]);

/// What is planned at a place where these fields' rests of paths begin; the record itself is always an object.
fn node(planned: &[Planned<'_>], root: bool) -> Option<Node> {
    let mut parts = Vec::new();
    let mut keys: Vec<(Vec<u8>, Vec<Planned<'_>>)> = Vec::new();
    let mut indexes: Vec<(usize, Vec<Planned<'_>>)> = Vec::new();
    for &(column, field, path) in planned {
        match path.split_first() {
            None if field.kind == Kind::Items => parts.push(Node::Items(column, Box::new(Node::of(&field.items)?))),
            None => parts.push(Node::Leaf(column, field.kind)),
            Some((Step::Key(key), rest)) => add(&mut keys, key.clone(), (column, field, rest)),
            Some((Step::Index(index), rest)) => add(&mut indexes, *index, (column, field, rest)),
        }
    }
    if keys.len() > MOST_KEYS {
        return None;
    }
    if !indexes.is_empty() {
        indexes.sort_by_key(|(index, _)| *index);
        parts.push(Node::Array(nodes(indexes)?));
    }
    if root || !keys.is_empty() {
        parts.push(Node::Object(nodes(keys)?));
    }
    if parts.len() == 1 { parts.pop() } else { Some(Node::Several(parts)) }
}

fn add<'a, S: PartialEq>(steps: &mut Vec<(S, Vec<Planned<'a>>)>, step: S, planned: Planned<'a>) {
    match steps.iter_mut().find(|(found, _)| *found == step) {
        Some((_, together)) => together.push(planned),
        None => steps.push((step, vec![planned])),
    }
}

fn nodes<S>(steps: Vec<(S, Vec<Planned<'_>>)>) -> Option<Vec<(S, Node)>> {
    steps.into_iter().map(|(step, planned)| Some((step, node(&planned, false)?))).collect()
}
