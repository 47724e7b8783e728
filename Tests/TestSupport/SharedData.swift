import Foundation

/// The folder of real files beside the package, which are not published with it.
public let sharedData = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "shared/data").path

public let hasSharedData = FileManager.default.fileExists(atPath: sharedData)
