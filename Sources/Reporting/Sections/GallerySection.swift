extension ReportSection {
    /// Validation images as ground truth and as each method sees them. Nil without images.
    static func gallery(_ report: Report) -> ReportSection? {
        guard !report.detections.gallery.isEmpty else { return nil }
        let intro =
            "Chosen by rule, of the first seed that both methods have: images whose own AP gains and loses most, and some by chance."
            + " Detections with a score of \(Panel.drawnScore) and more are drawn."
        let rows = report.detections.gallery.map { image in
            ImageSheet.Row(
                title: "\(image.fileName), \(image.reason)", name: image.fileName,
                panels: image.panels.map { ($0.title, .jpeg($0.panel.jpeg)) })
        }
        return ReportSection(
            id: "images", label: "Images", title: "Detections beside ground truth", blocks: [.images(ImageSheet(intro: intro, rows: rows))])
    }
}
