//! Putting a value of any shape at a path, whatever is there now.

use super::document::Document;
use super::error::EditError;
use super::node::Node;
use super::path::{Step, YamlPath};
use super::value::NewValue;

impl Document {
    /// Puts a value at a path: a text or number in the place of another keeps its line's style, a list or a group of keys takes
    /// the place of what is there. What is missing is added. The same value changes nothing.
    ///
    /// # Errors
    /// As [`Document::set`]; the document is then as it was.
    pub fn put(&mut self, path: &YamlPath, value: &NewValue) -> Result<(), EditError> {
        let before = self.clone();
        let done = self.put_or_stop_half_way(path, value);
        if done.is_err() {
            *self = before;
        }
        done
    }

    fn put_or_stop_half_way(&mut self, path: &YamlPath, value: &NewValue) -> Result<(), EditError> {
        let Some(found) = self.locate(path) else {
            return self.add_missing(path, value.clone());
        };
        if found.node.same_value(&value.as_node()) {
            return Ok(());
        }
        let was_scalar = found.node.scalar_text().is_some();
        match (value, path.last(), path.parent()) {
            (NewValue::Text(text), ..) if was_scalar => self.set(path, text),
            (NewValue::Plain(text), ..) if was_scalar => self.set_plain(path, text),
            (_, Some(Step::Index(index)), Some(list)) => {
                self.insert_item(&list, *index, value)?;
                self.remove_item(&list, index + 1).map(drop)
            }
            (_, Some(Step::Key(_)), Some(_)) => {
                self.remove_key(path)?;
                self.add_missing(path, value.clone())
            }
            _ => Err(EditError::Unsupported {
                path: path.to_string(),
                reason: "it is the whole file",
            }),
        }
    }

    /// Removes a key or an item.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub fn remove(&mut self, path: &YamlPath) -> Result<(), EditError> {
        match (path.last(), path.parent()) {
            (Some(Step::Index(index)), Some(list)) => self.remove_item(&list, *index).map(drop),
            _ => self.remove_key(path),
        }
    }

    /// How many items the list at a path has; none where there is no list.
    pub fn length(&self, path: &YamlPath) -> usize {
        self.get(path).and_then(Node::items).map_or(0, <[Node]>::len)
    }
}
