//! XML answers read within bounds: the elements two levels down one by one, each a small tree. No document type, no
//! entities but the five predefined ones and characters by number.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// The deepest nesting.
const MAX_DEPTH: usize = 16;
/// The most elements of one tree.
const MAX_ELEMENTS: usize = 10_000;

/// An element by its local name: namespaces add nothing here.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Reads a document. The children of the root's children that `lists` names go to `each` one by one, with the element
/// they stand in; everything else comes back as one tree.
///
/// # Errors
/// What is wrong, in words, without quoting the document.
pub(crate) fn walk(
    body: &[u8],
    lists: &[&str],
    mut each: impl FnMut(&Element, Option<Element>),
) -> Result<Element, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the XML is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    let mut root = None;
    loop {
        let event = reader.read_event().map_err(|_| {
            format!("it is not well-formed XML, at byte {}", reader.error_position())
        })?;
        match event {
            Event::Start(start) if root.is_none() => {
                if open.len() >= MAX_DEPTH {
                    return Err(format!("the XML nests deeper than {MAX_DEPTH} elements"));
                }
                elements += 1;
                let room = elements <= MAX_ELEMENTS;
                open.push(if room { named(&start)? } else { Element::default() });
            }
            Event::Start(_) => return Err("the XML has more than one root".to_owned()),
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err("the XML ends twice".to_owned()) };
                let listed = open.len() == 2 && is_one_of(open.last(), lists);
                match open.last_mut() {
                    None => root = Some(done),
                    Some(list) if listed => {
                        each(list, (elements <= MAX_ELEMENTS).then_some(done));
                        elements = 0;
                    }
                    Some(parent) if elements <= MAX_ELEMENTS => parent.children.push(done),
                    Some(_) => {}
                }
            }
            Event::Text(text) => add(open.last_mut(), &text.xml10_content()),
            Event::CData(text) => add(open.last_mut(), &text.xml10_content()),
            Event::GeneralRef(reference) => add(open.last_mut(), &referred(&reference)?),
            Event::DocType(_) => return Err("the XML declares a document type: refused".to_owned()),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    if elements > MAX_ELEMENTS {
        return Err(format!("the XML has more than {MAX_ELEMENTS} elements beside its lists"));
    }
    root.ok_or_else(|| "the XML ends too early".to_owned())
}

fn named(start: &BytesStart<'_>) -> Result<Element, String> {
    let mut element = Element { name: local(start.local_name().as_ref()), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| "an attribute is not well-formed".to_owned())?;
        let value = quick_xml::escape::unescape(&attribute.value);
        let value = value.map_err(|_| "an attribute refers to an unknown entity".to_owned())?;
        element.attributes.push((local(attribute.key.local_name().as_ref()), value.into_owned()));
    }
    Ok(element)
}

fn local(name: &str) -> String {
    name.to_owned()
}

fn is_one_of(element: Option<&Element>, lists: &[&str]) -> bool {
    element.is_some_and(|element| lists.contains(&element.name.as_str()))
}

fn add(element: Option<&mut Element>, text: &str) {
    if let Some(element) = element {
        element.text.push_str(text);
    }
}

/// What a reference stands for: a character by number, or one of the five that XML predefines (section 4.6).
fn referred(reference: &BytesRef<'_>) -> Result<String, String> {
    let unknown = || "the XML refers to an entity that it may not".to_owned();
    if let Some(character) = reference.resolve_char_ref().map_err(|_| unknown())? {
        return Ok(character.to_string());
    }
    let known =
        quick_xml::escape::resolve_xml_entity(&reference.xml10_content()).map(str::to_owned);
    known.ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(text: &str) -> Result<(Vec<String>, Element), String> {
        let mut found = Vec::new();
        let rest = walk(text.as_bytes(), &["images"], |list, entry| {
            let text = entry.map_or("too much".to_owned(), |entry| entry.text);
            found.push(format!("{}:{text}", list.name));
        })?;
        Ok((found, rest))
    }

    #[test]
    fn entries_come_one_by_one_and_the_rest_as_a_tree() {
        let text = r#"<?xml version="1.0"?><n:q xmlns:n="u"><n:images max="1"><n:image>a&amp;&#98;</n:image>
            <n:image/></n:images><n:paging><n:next>/x?a=1&amp;b=2</n:next></n:paging></n:q>"#;
        let (found, rest) = walked(text).unwrap();
        assert_eq!(found, ["images:a&b", "images:"]);
        assert_eq!(rest.child("images").unwrap().attribute("max"), Some("1"));
        assert_eq!(rest.child("paging").unwrap().child("next").unwrap().text, "/x?a=1&b=2");
    }

    #[test]
    fn entities_document_types_depth_and_cut_documents_are_refused() {
        for wrong in [
            "<!DOCTYPE q [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><q>&b;</q>",
            "<q>&unknown;</q>",
            "<q a='&unknown;'/>",
            &"<q>".repeat(100_000),
            "<q><images><image>",
            "<q></p>",
            "<q/><q/>",
            "no XML",
            "",
        ] {
            assert!(walked(wrong).is_err(), "{}", &wrong[..wrong.len().min(40)]);
        }
    }

    #[test]
    fn an_entry_of_a_hundred_thousand_elements_is_passed_over_and_the_next_is_read() {
        let bomb = format!(
            "<q><images><image>{}</image><image>b</image></images></q>",
            "<x/>".repeat(100_000)
        );
        assert_eq!(walked(&bomb).unwrap().0, ["images:too much", "images:b"]);
    }
}
