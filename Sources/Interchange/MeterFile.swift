import Billing
import Quantities

/// A file of meter data, read in bounded chunks: every line becomes a row or part of a row, or is
/// named as malformed. Whether a row fits its account is judged elsewhere.
///
/// ```swift
/// var file = try MeterFile(path: "march.csv")
/// while let chunk = try file.nextChunk(zone: { accounts[$0]?.zone }) { ... }
/// ```
public struct MeterFile: ~Copyable {
  /// About this many rows and malformed lines make a chunk.
  public static let chunkRows = 250_000

  private let source: ByteSource
  private var layout: any MeterLayout
  private var chunk: MeterChunkBuilder
  private var ended = false

  /// Opens a file, unpacking it when it is compressed, and tells its layout by its first lines.
  ///
  /// - Parameter account: whose file it is, for layouts that name no account (SCE's download,
  ///   Green Button, `start,kwh`); a file that names accounts is read by its own.
  public init(
    path: String, format: MeterFileFormat = .auto, account: String? = nil
  ) throws(MeterFileError) {
    let source = try ByteSource(path: path, blockSize: 1 << 20)
    try self.init(source, format: format, account: account)
  }

  init(
    _ source: ByteSource, format: MeterFileFormat, account: String?, chunkRows: Int = chunkRows
  ) throws(MeterFileError) {
    let layout = try format.layout(of: source, account: account)
    var chunk = MeterChunkBuilder(limit: chunkRows)
    if let account, layout.namesNoAccount, chunk.accounts.index(of: account) == nil {
      throw .accountInvalid(account)
    }
    (self.source, self.layout, self.chunk) = (source, layout, chunk)
  }

  /// Whether the layout leaves it to the caller to say whose file it is.
  public var namesNoAccount: Bool { layout.namesNoAccount }

  /// Bytes of the file on disk.
  public var size: Int { source.size }

  /// How many of them have been read, for a progress bar.
  public var bytesRead: Int { source.bytesRead }

  /// The next rows, or nil at the end of the file.
  ///
  /// - Parameter zone: the zone table of an account, nil for an unknown one, whose days are then
  ///   those of Universal Time so that its rows still reach whoever rejects it.
  public mutating func nextChunk(
    zone: (String) -> ZoneTable?
  ) throws(MeterFileError) -> MeterFileChunk? {
    guard !ended else { return nil }
    ended = true
    ended = try !layout.fill(&chunk, zone: zone)
    return chunk.take()
  }
}
