use memchr::memmem::Finder;

/// Starting a vectorised search takes as long as so many steps of Horspool's algorithm.
const STEPS: usize = 12;

/// The name of a query parameter or of a cookie, prepared for the search.
///
/// In a short text Horspool's algorithm finds the name: it reads only the byte where the name would
/// end, and this byte says how many bytes it can skip. It has to wait for each of these bytes. So in a
/// long text, such as the query of an ad, a vectorised search finds the name.
pub(crate) struct Needle {
    finder: Finder<'static>,
    /// The step ahead for each byte; 0 for the last byte of the name.
    steps: [u8; 256],
}

impl Needle {
    pub(crate) fn new(name: &str) -> Self {
        let mut steps = [step(name.len()); 256];
        for (index, byte) in name.bytes().enumerate() {
            steps[usize::from(byte)] = step(name.len() - 1 - index);
        }
        Self {
            finder: Finder::new(name).into_owned(),
            steps,
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.finder.needle()
    }

    /// The first start of the name in the text, at or behind `from`.
    #[inline]
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let (name, rest) = (self.as_bytes(), text.get(from..)?);
        // An empty name, which only a consent policy can have, is always searched for here.
        if rest.len() >= STEPS * name.len() {
            return Some(from + self.finder.find(rest)?);
        }
        let mut last = name.len() - 1;
        loop {
            last = self.next_last(rest, last)?;
            if rest[..=last].ends_with(name) {
                return Some(from + last + 1 - name.len());
            }
            last += 1;
        }
    }

    /// The first place at or behind `last` where the name may have its last byte.
    #[inline]
    fn next_last(&self, text: &[u8], mut last: usize) -> Option<usize> {
        loop {
            match self.steps[usize::from(*text.get(last)?)] {
                0 => return Some(last),
                step => last += usize::from(step),
            }
        }
    }
}

/// A step that is shorter than the name allows is safe: the search only takes longer.
fn step(bytes: usize) -> u8 {
    u8::try_from(bytes).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_the_standard_library_finds() {
        let long = "x".repeat(600) + "y";
        for name in ["f", "fa", "afaf", &long] {
            let needle = Needle::new(name);
            for filling in ["", "a", "xx", "faaf", "zzzzzzzzzzzz"] {
                for times in [0, 1, 3, 60, 700] {
                    let filling = filling.repeat(times);
                    for text in [filling.clone(), format!("{filling}{name}{filling}{name}")] {
                        let mut from = 0;
                        loop {
                            let found = text[from..].find(name).map(|start| from + start);
                            assert_eq!(needle.find(text.as_bytes(), from), found, "{name}");
                            let Some(start) = found else { break };
                            from = start + 1;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_empty_name_is_found_everywhere() {
        let needle = Needle::new("");
        assert_eq!(needle.find(b"ab", 0), Some(0));
        assert_eq!(needle.find(b"ab", 2), Some(2));
        assert_eq!(needle.find(b"ab", 3), None);
    }
}
