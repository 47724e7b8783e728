import Foundation

/// A file system of a few hundred kilobytes in memory, where one may be mounted.
final class SmallDisk {
  let path: String
  private let folder: Folder

  /// Nil where we may not mount: then there is no small disk to be had.
  init?(kilobytes: Int) throws {
    folder = try Folder()
    path = folder.path + "/disk"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard getuid() == 0,
      try SmallDisk.mount(["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path])
    else {
      print("no small disk: mounting is not allowed here")
      return nil
    }
  }

  deinit { _ = try? SmallDisk.command("umount", ["-l", path]) }

  func makeReadOnly(_ isReadOnly: Bool) throws -> Bool {
    try SmallDisk.mount(["-o", "remount,\(isReadOnly ? "ro" : "rw")", path])
  }

  /// Leaves this much room, or all that there is with nil.
  func leave(kilobytes: Int?) throws {
    let filler = "\(path)/filler"
    try? FileManager.default.removeItem(atPath: filler)
    guard let kilobytes else { return }
    let free = try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize]
    let size = ((free as? NSNumber)?.intValue ?? 0) - kilobytes * 1024
    try Data(repeating: 1, count: max(0, size)).write(to: URL(fileURLWithPath: filler))
  }

  private static func mount(_ arguments: [String]) throws -> Bool {
    try command("mount", arguments)
  }

  private static func command(_ name: String, _ arguments: [String]) throws -> Bool {
    let paths = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map { "\($0)/\(name)" }
    guard let path = paths.first(where: FileManager.default.isExecutableFile) else { return false }
    return try Wattbook.run(URL(fileURLWithPath: path), arguments).status == 0
  }
}
