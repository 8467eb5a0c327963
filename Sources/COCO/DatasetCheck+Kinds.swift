extension DatasetCheck {
    /// What can be wrong with a file.
    public enum Kind: String, Sendable, CaseIterable {
        /// Of images, annotations or categories.
        case missingList
        /// Not what the format asks for: a string for a box, a record without an id.
        case malformedValue
        case duplicateImage, duplicateCategory, duplicateAnnotation
        /// Two images of one file, two categories of one name.
        case doubledFileName, doubledCategoryName
        case unknownImage, unknownCategory
        case missingFileName, missingImageSize, missingCategoryName
        /// pycocotools takes it for no match: the object is never found.
        case annotationIDZero
        /// No `bbox` or no `area`.
        case missingBox, missingArea
        /// Of a width or a height below 0.
        case negativeBox
        /// Of no width or no height.
        case emptyBox
        /// By more than `boxTolerance`.
        case boxOutsideImage
        /// Of under 6 numbers, or an odd number of them.
        case shortPolygon
        /// Further out than another image's length on either side: hardly drawn by anybody.
        case polygonFarOutside
        /// Run lengths that are not those of a mask of the image.
        case brokenMask
        /// `segmentation` has points that make no polygon.
        case unusableMask
        /// Of some objects, where others have one.
        case missingMask
        /// Further than half a pixel along the outline from the pixels of the mask. Crowds are left out: COCO's own
        /// differ, and no number depends on them.
        case areaDisagrees
        case missingImage, unreadableImage
        /// The file's pixels are not those that the annotations tell of.
        case wrongSize
        /// The annotations are of the pixels as stored, and EXIF turns the image.
        case turnedImage
        /// Told, but no fault: boxes can be learned from.
        case noMasks
        /// Told, but no fault: subsets of COCO have such.
        case emptyCategory

        /// Whether a dataset with this is to be mended.
        public var isProblem: Bool { self != .emptyCategory && self != .noMasks }

        /// As a table names it.
        public var title: String {
            switch self {
            case .missingList: "lists that are not there"
            case .malformedValue: "values that are not what the format asks for"
            case .duplicateImage: "image ids that are there twice"
            case .duplicateCategory: "category ids that are there twice"
            case .duplicateAnnotation: "annotation ids that are there twice"
            case .doubledFileName: "file names that are there twice"
            case .doubledCategoryName: "category names that are there twice"
            case .unknownImage: "annotations to an unknown image"
            case .unknownCategory: "annotations of an unknown category"
            case .missingFileName: "images without file_name"
            case .missingImageSize: "images without width and height"
            case .missingCategoryName: "categories without a name"
            case .annotationIDZero: "annotations of id 0, which pycocotools takes for no match"
            case .missingBox: "annotations without a box"
            case .missingArea: "annotations without an area"
            case .negativeBox: "boxes of negative size"
            case .emptyBox: "empty boxes"
            case .boxOutsideImage: "boxes outside their image"
            case .shortPolygon: "polygons of under 6 numbers, or an odd number"
            case .polygonFarOutside: "polygons far outside their image"
            case .brokenMask: "run lengths that do not fit their image"
            case .unusableMask: "segmentations that are no mask"
            case .missingMask: "annotations without a mask, where others have one"
            case .areaDisagrees: "areas that disagree with the mask"
            case .missingImage: "image files that are missing"
            case .unreadableImage: "image files that cannot be read"
            case .wrongSize: "image files of another size"
            case .turnedImage: "image files that EXIF turns, annotated as they are stored"
            case .noMasks: "no annotation has a mask; train with 'masks: false'"
            case .emptyCategory: "categories without objects"
            }
        }
    }
}
