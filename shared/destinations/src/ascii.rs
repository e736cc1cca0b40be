//! JSON that any queue takes.

/// The same JSON in ASCII: SQS refuses some of Unicode's characters, and a whole request for one of them. Outside
/// of its strings, JSON has no others.
pub fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units).iter();
            text.extend(units.map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}
