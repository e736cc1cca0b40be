//! Where a JSON value ends: the little of JSON's grammar that finds it, without holding the text.
//!
//! What is wrong inside a balanced value is not seen here; that is for a real parser to say.

/// Deeper than any trigger event, and as deep as the parsers that come after will go.
const DEEPEST: usize = 127;

/// How far into a JSON value a text has come.
#[derive(Default)]
pub struct Nesting {
    open: Vec<u8>,
    string: InString,
    last: u8,
}

#[derive(Default, Clone, Copy)]
enum InString {
    #[default]
    No,
    Yes,
    AfterBackslash,
}

/// The text can't be JSON, whatever follows.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken;

/// Where an object or array ends, in bytes of the text that was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Here.
    At(usize),
    /// Not in this text.
    Open,
    /// Nowhere: the text can't be JSON.
    Broken,
}

impl Nesting {
    /// Whether no object, array or string is open.
    pub fn is_closed(&self) -> bool {
        self.open.is_empty() && matches!(self.string, InString::No)
    }

    /// Goes on over all of `text`.
    ///
    /// # Errors
    ///
    /// If the text can't be JSON, whatever follows.
    pub fn follow(&mut self, text: &[u8]) -> Result<(), Broken> {
        let mut rest = text;
        loop {
            if matches!(self.string, InString::Yes) {
                rest = after_plain_text(rest);
            }
            let Some((&byte, after)) = rest.split_first() else {
                return Ok(());
            };
            self.step(byte)?;
            rest = after;
        }
    }

    /// Goes on to the end of the outermost object or array.
    pub fn follow_to_end(&mut self, text: &[u8]) -> Closing {
        let mut rest = text;
        loop {
            if matches!(self.string, InString::Yes) {
                rest = after_plain_text(rest);
            }
            let Some((&byte, after)) = rest.split_first() else {
                return Closing::Open;
            };
            if !self.may_follow(byte) || self.step(byte).is_err() {
                return Closing::Broken;
            }
            rest = after;
            if matches!(byte, b'}' | b']') && self.is_closed() {
                return Closing::At(text.len() - rest.len());
            }
        }
    }

    /// Whether a byte may come next, as far as quotes are concerned: an odd quote is noticed where it is,
    /// and not at the next, which may be in another value.
    fn may_follow(&self, byte: u8) -> bool {
        if !matches!(self.string, InString::No) || self.open.is_empty() {
            return true;
        }
        match (self.last, byte) {
            (_, b' ' | b'\t' | b'\r' | b'\n') => true,
            (b'"', next) => matches!(next, b',' | b':' | b'}' | b']'),
            (last, b'"') => matches!(last, b'{' | b'[' | b',' | b':'),
            (_, _) => true,
        }
    }

    /// Goes on by one byte.
    ///
    /// # Errors
    ///
    /// If the text can't be JSON, whatever follows: a string that goes over the end of its line, an
    /// object or array where none can begin, a bracket that closes another kind, or too deep.
    #[inline]
    pub fn step(&mut self, byte: u8) -> Result<(), Broken> {
        match self.string {
            InString::No => self.step_outside(byte),
            InString::Yes | InString::AfterBackslash if byte == b'\n' => Err(Broken),
            InString::AfterBackslash => {
                self.string = InString::Yes;
                Ok(())
            }
            InString::Yes => {
                match byte {
                    b'"' => self.string = InString::No,
                    b'\\' => self.string = InString::AfterBackslash,
                    _ => {}
                }
                Ok(())
            }
        }
    }

    #[inline]
    fn step_outside(&mut self, byte: u8) -> Result<(), Broken> {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return Ok(()),
            b'"' => self.string = InString::Yes,
            b'{' | b'[' => self.open(byte)?,
            b'}' => self.close(b'{')?,
            b']' => self.close(b'[')?,
            _ => {}
        }
        self.last = byte;
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> Result<(), Broken> {
        let may_begin = match (self.open.last(), self.last) {
            (None, _) | (Some(_), b':') | (Some(b'['), b'[' | b',') => true,
            (Some(_), _) => false,
        };
        if !may_begin || self.open.len() >= DEEPEST {
            return Err(Broken);
        }
        self.open.push(bracket);
        Ok(())
    }

    /// One that closes nothing is let pass: it belongs to what comes after the value.
    fn close(&mut self, bracket: u8) -> Result<(), Broken> {
        match self.open.pop() {
            Some(open) if open != bracket => Err(Broken),
            _ => Ok(()),
        }
    }
}

fn after_plain_text(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
    text.get(end.unwrap_or(text.len())..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_followed_to_its_end() {
        let cases: &[(&str, Result<bool, Broken>)] = &[
            ("{}", Ok(true)),
            ("12", Ok(true)),
            ("{", Ok(false)),
            (r#"{"a":[{"b":1},{"c":[[],{}]}]}"#, Ok(true)),
            ("{\n \"a\" :\n {}\n}\n", Ok(true)),
            (r#"{"}]\"{":1}"#, Ok(true)),
            (r#"{"a\\":1}"#, Ok(true)),
            (r#"{"a"#, Ok(false)),
            ("{\"a\n", Err(Broken)),
            ("{\"a\\\n", Err(Broken)),
            ("{\"a\":1,\n{", Err(Broken)),
            ("{\"a\":1\n{", Err(Broken)),
            ("{{", Err(Broken)),
            ("{\"a\":{}\n{", Err(Broken)),
            ("[{}\n{", Err(Broken)),
            ("[1}", Err(Broken)),
            ("{]", Err(Broken)),
            ("{}}", Ok(true)),
        ];
        for (text, expected) in cases {
            let mut nesting = Nesting::default();
            let got = nesting
                .follow(text.as_bytes())
                .map(|()| nesting.is_closed());
            assert_eq!(&got, expected, "{text}");
        }
    }

    #[test]
    fn the_end_of_a_value_is_found() {
        let cases = [
            ("{} {}", Closing::At(2)),
            (r#"{"a":"}"} no"#, Closing::At(9)),
            ("[{},{}]]", Closing::At(7)),
            ("{\"a\":\n", Closing::Open),
            ("{\"a", Closing::Open),
            ("{]}", Closing::Broken),
            (r#"{"a"b":1}"#, Closing::Broken),
            (r#"{"a":"b""}"#, Closing::Broken),
            (r#"{"a":1"}"#, Closing::Broken),
        ];
        for (text, expected) in cases {
            let found = Nesting::default().follow_to_end(text.as_bytes());
            assert_eq!(found, expected, "{text}");
        }
        let mut nesting = Nesting::default();
        assert_eq!(nesting.follow_to_end(b"{\"a\":[\n"), Closing::Open);
        assert_eq!(nesting.follow_to_end(b"]}{"), Closing::At(2));
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(
            Nesting::default().follow("[".repeat(127).as_bytes()),
            Ok(())
        );
        assert_eq!(
            Nesting::default().follow("[".repeat(128).as_bytes()),
            Err(Broken)
        );
    }
}
