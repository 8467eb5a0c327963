/// A number that somebody else published, for context: nothing here was measured by this suite.
struct Published {
    let method: String
    /// Box and mask AP, or what is claimed, as its source gives it.
    let box: String
    let mask: String
    let setting: String
    let source: String
    let url: String

    /// Figures looked up in the sources that are named, and no others.
    static let all = [
        Published(
            method: "E-DIY over BYOL", box: "+2.1", mask: "–", setting: "Mask R-CNN, R50-C4, 1x, COCO; that it is box AP is our reading",
            source: "arXiv 2106.00537, abstract", url: "https://arxiv.org/abs/2106.00537"),
        Published(
            method: "BYOL", box: "40.9", mask: "36.8", setting: "Mask R-CNN, R50-FPN, 1x, COCO; ImageNet, 200 epochs",
            source: "MMSelfSup's model zoo", url: "https://github.com/open-mmlab/mmselfsup/blob/master/configs/selfsup/byol/README.md"),
        Published(
            method: "MoCo v2", box: "40.2", mask: "36.1", setting: "Mask R-CNN, R50-FPN, 1x, COCO; ImageNet, 200 epochs",
            source: "MMSelfSup's model zoo", url: "https://github.com/open-mmlab/mmselfsup/blob/master/configs/selfsup/mocov2/README.md"),
        Published(
            method: "DenseCL over MoCo v2", box: "+1.1", mask: "+0.9", setting: "COCO; detector and schedule are not named there",
            source: "arXiv 2011.09157, abstract", url: "https://arxiv.org/abs/2011.09157"),
        Published(
            method: "supervised", box: "36.8", mask: "32.2", setting: "Mask R-CNN, R50-C4, 1x, COCO; ImageNet's labels",
            source: "Detectron2's model zoo", url: "https://github.com/facebookresearch/detectron2/blob/main/MODEL_ZOO.md"),
    ]
}
