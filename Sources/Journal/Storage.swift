/// The files of one journal, as far as a journal needs files: real ones in `FileSystem`, and in the
/// simulator a disk that lies, breaks and crashes by a seed.
///
/// Each call is one system call or close to it, so that a crash can come between any two. What is
/// made of several calls stands above, in `JournalDirectory` and `JournalFile`, once for all disks.
package protocol Storage: Sendable {
  /// What messages call the journal.
  var path: String { get }

  /// Makes the directory and its own name last; one that is there already is left as it is.
  func make() throws(StorageFault)
  func exists(_ name: String) -> Bool
  /// Every name in the directory, in any order.
  func names() throws(StorageFault) -> [String]
  func open(
    _ name: String, writing: Bool, creating: Bool
  ) throws(StorageFault) -> any StorageFile
  /// Puts a file in the place of another, at once.
  func rename(_ name: String, to other: String) throws(StorageFault)
  func remove(_ name: String) throws(StorageFault)
  /// Makes the names last that were made, changed or removed before.
  func sync() throws(StorageFault)
}

/// An open file; closed when its last reference goes.
package protocol StorageFile: AnyObject, Sendable {
  func size() throws(StorageFault) -> Int
  /// Reads some of what stands at `offset`: as much as it likes, nothing at the file's end.
  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(StorageFault) -> Int
  /// Writes some of the bytes, at least one.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageFault) -> Int
  /// Until this returns, nothing written is promised to anyone.
  func sync() throws(StorageFault)
  func truncate(to size: Int) throws(StorageFault)
  /// Whether the file is ours alone now; the lock ends with the process or with `unlock`.
  func lock() throws(StorageFault) -> Bool
  func unlock()
}

/// Why a call failed.
package struct StorageFault: Error, Equatable {
  /// As in `errno`.
  package let code: Int32

  package init(code: Int32) { self.code = code }
}
