//! ZIP files, as Lambda takes them.

/// A ZIP file with these files in it, which are not compressed, and may be executed.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        // Version 2.0, no flags, stored, at no time; then the checksum, both lengths, that of the name, and no extra field.
        let entry = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &checksum(content).to_le_bytes()[..],
            &length,
            &length,
            &name_length,
            &[0, 0],
        ];
        let entry = entry.concat();
        let place = u32::try_from(archive.len()).unwrap().to_le_bytes();
        archive.extend([b"PK\x03\x04", &entry[..], name.as_bytes(), content].concat());
        // Made on Unix, no comment, the first disk, binary; a regular file with the rights 755.
        let attributes = (0o100_755_u32 << 16).to_le_bytes();
        let about = [&[0; 6][..], &attributes, &place].concat();
        directory.extend([b"PK\x01\x02\x14\x03", &entry[..], &about, name.as_bytes()].concat());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let place = u32::try_from(archive.len()).unwrap().to_le_bytes();
    let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
    archive.extend(directory);
    archive.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &place, &[0, 0]].concat());
    archive
}

/// The CRC-32 that ZIP has.
fn checksum(content: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|byte| {
        (0..8).fold(byte as u32, |rest, _| (rest >> 1) ^ if rest & 1 == 1 { 0xEDB8_8320 } else { 0 })
    });
    let last = |checksum: u32, byte: u8| table[usize::from(checksum as u8 ^ byte)];
    !content.iter().fold(!0, |checksum, byte| (checksum >> 8) ^ last(checksum, *byte))
}
