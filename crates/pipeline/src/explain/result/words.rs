//! What the page calls an event and the model.

use serde::{Deserialize, Serialize};

/// A noun of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noun {
    /// One of them: `jet`.
    pub one: String,
    /// Several: `jets`.
    pub many: String,
}

impl Noun {
    /// A noun by its two forms.
    pub fn new(one: &str, many: &str) -> Self {
        Self {
            one: one.to_owned(),
            many: many.to_owned(),
        }
    }

    /// With the article that its sound asks for: `a jet`, `an event`.
    pub fn with_article(&self) -> String {
        let vowel = self
            .one
            .starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
        format!("{} {}", if vowel { "an" } else { "a" }, self.one)
    }

    /// `1 jet`, `2 jets`; `count` is the number as it is to be written.
    pub fn counted(&self, n: usize, count: &str) -> String {
        format!("{count} {}", if n == 1 { &self.one } else { &self.many })
    }
}

/// The nouns that every sentence of the page is made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// What the model is asked about: a jet, a configuration, an event, a row.
    pub event: Noun,
    /// What is explained: a tagger, a model.
    pub model: Noun,
}

impl Words {
    /// A tagger of jets.
    pub fn jets() -> Self {
        Self {
            event: Noun::new("jet", "jets"),
            model: Noun::new("tagger", "taggers"),
        }
    }
}

impl Words {
    /// A model of events of any kind.
    pub fn events() -> Self {
        Self {
            event: Noun::new("event", "events"),
            model: Noun::new("model", "models"),
        }
    }

    /// A model of configurations of a lattice.
    pub fn configurations() -> Self {
        Self {
            event: Noun::new("configuration", "configurations"),
            model: Noun::new("model", "models"),
        }
    }
}

/// The same word as the first of a sentence.
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_knows_its_article_and_its_plural() {
        let (jet, event) = (Noun::new("jet", "jets"), Noun::new("event", "events"));
        assert_eq!(jet.with_article(), "a jet");
        assert_eq!(event.with_article(), "an event");
        assert_eq!(
            (jet.counted(1, "1"), jet.counted(2, "2")),
            ("1 jet".into(), "2 jets".into())
        );
        assert_eq!(capital("jets"), "Jets");
        assert_eq!(capital("energy"), "Energy");
    }
}
