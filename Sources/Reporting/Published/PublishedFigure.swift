/// A number that somebody else published, for context: nothing here was measured by this suite.
struct PublishedFigure {
    let method: String
    /// Of pretraining on ImageNet; nil where there is none, or the source does not say.
    let epochs: Int?
    /// AP on val2017, in hundredths, as its source gives it.
    let box, mask: Double
    let source: Source

    enum Source {
        /// Table 5 of SimSiam's paper, whose authors searched a fine-tuning rate for each method.
        case simSiam
        /// Tables of DetCo's repository.
        case detCo
        /// Tables of PixPro's repository.
        case pixPro

        var title: String {
            switch self {
            case .simSiam: "SimSiam, table 5"
            case .detCo: "DetCo's repository"
            case .pixPro: "PixPro's repository"
            }
        }

        var url: String {
            switch self {
            case .simSiam: "https://arxiv.org/abs/2011.10566"
            case .detCo: "https://github.com/xieenze/DetCo"
            case .pixPro: "https://github.com/zdaxie/PixPro"
            }
        }
    }

    /// How such figures are to be read.
    static let caution =
        "COCO val2017; epochs of pretraining on ImageNet. Others' figures are for context, and nothing of them was measured here: even in"
        + " one protocol they differ by rates that were searched for, by RGB or BGR, and by chance, of which MoCo's authors call 0.3 AP"
        + " random variation (issue 39 of their repository)."

    init(_ method: String, _ epochs: Int?, _ box: Double, _ mask: Double, _ source: Source) {
        self.method = method
        self.epochs = epochs
        self.box = box
        self.mask = mask
        self.source = source
    }
}

extension PublishedProtocol {
    /// What was published of it. PixPro's were read in its repository; of the others the sources are those that the field cites.
    var figures: [PublishedFigure] {
        switch self {
        case .c4:
            [
                .init("random", nil, 26.4, 29.3, .pixPro), .init("supervised", nil, 38.2, 33.3, .pixPro),
                .init("MoCo", 200, 38.5, 33.6, .pixPro), .init("MoCo v2", 200, 38.9, 34.2, .detCo),
                .init("MoCo v2", 200, 39.2, 34.3, .simSiam), .init("MoCo v2", 800, 39.5, 34.5, .pixPro),
                .init("SimCLR", 200, 37.9, 33.3, .simSiam), .init("BYOL", 200, 37.9, 33.2, .simSiam),
                .init("SwAV", 200, 37.6, 33.1, .simSiam), .init("SwAV", 200, 32.9, 29.5, .detCo),
                .init("SimSiam", 200, 39.2, 34.4, .simSiam), .init("InfoMin", 200, 39.0, 34.1, .pixPro),
                .init("DetCo", 200, 39.4, 34.4, .detCo), .init("PixPro", 400, 40.5, 35.3, .pixPro),
            ]
        case .c4Twice:
            [
                .init("random", nil, 35.6, 31.4, .detCo), .init("supervised", nil, 40.0, 34.7, .detCo),
                .init("MoCo v2", 200, 41.0, 35.6, .detCo),
            ]
        case .fpn:
            [
                .init("random", nil, 31.0, 28.5, .detCo), .init("supervised", nil, 38.9, 35.4, .detCo),
                .init("MoCo", 200, 38.5, 35.1, .detCo), .init("MoCo v2", 200, 38.9, 35.5, .detCo),
                .init("SwAV", 200, 38.5, 35.4, .detCo), .init("DetCo", 200, 39.5, 35.9, .detCo),
            ]
        case .fpnConvolutions:
            [
                .init("random", nil, 32.8, 29.9, .pixPro), .init("supervised", nil, 39.7, 35.9, .pixPro),
                .init("MoCo", 200, 39.4, 35.6, .pixPro), .init("MoCo v2", 800, 40.4, 36.4, .pixPro),
                .init("SimCLR", 1000, 39.8, 35.9, .pixPro), .init("InfoMin", 200, 40.6, 36.7, .pixPro),
                .init("PixPro, with its instance branch", 400, 41.4, 37.4, .pixPro),
            ]
        }
    }

    /// What is claimed and not tabled.
    var claim: String? {
        switch self {
        case .c4: "Claimed, without a table that can be had: E-DIY gains 2.1 AP over BYOL (arXiv 2106.00537, abstract)."
        case .c4Twice, .fpn, .fpnConvolutions: nil
        }
    }
}
