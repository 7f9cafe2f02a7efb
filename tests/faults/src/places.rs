//! Places in words, by addr2line where it is there.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;

use crate::record::Place;
use crate::subject::root;

/// What was found by module and offsets: debug information is large, and slow to read.
static FOUND: Mutex<BTreeMap<(String, Vec<u64>), String>> = Mutex::new(BTreeMap::new());

/// Callers from the call outwards, as many as say something.
pub(crate) fn words(place: &Place) -> String {
    let key = (place.module.clone(), place.offsets.clone());
    let found = || FOUND.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(known) = found().get(&key) {
        return known.clone();
    }
    let words = look_up(place);
    found().insert(key, words.clone());
    words
}

fn look_up(place: &Place) -> String {
    let path = match &*place.module {
        "libgstnvmm.so" => root().join("target/plugins/libgstnvmm.so"),
        program => match std::env::current_exe() {
            Ok(this) => this.with_file_name(program),
            Err(_) => return place.module.clone(),
        },
    };
    let mut command = Command::new("addr2line");
    command.args(["-Cfpsi", "-e"]).arg(path);
    command.args(place.offsets.iter().map(|offset| format!("{offset:#x}")));
    let output = command.output();
    let text = output.map_or_else(|_| Vec::new(), |output| output.stdout);
    let text = String::from_utf8_lossy(&text);
    let lines = text
        .lines()
        .map(|line| line.trim_start_matches(" (inlined by) "));
    // Frames of the standard library's own say nothing here.
    let own = lines.filter(|line| !line.starts_with("core::") && !line.starts_with("std::"));
    let own: Vec<&str> = own.filter(|line| !line.contains("??")).take(5).collect();
    if own.is_empty() {
        return format!("{} {:x?}", place.module, place.offsets);
    }
    own.join(" < ")
}
