using System.Globalization;
using PolyCL.Core;

namespace PolyCL.Sam;

/// <summary>A weight file that Meta publishes (Apache-2.0): its name, size, digest and place.</summary>
/// <remarks>Sizes and digests are as recorded by several public users; Meta publishes none, so a difference is a warning and no more.</remarks>
internal sealed record OfficialWeights(string Name, long Bytes, string Sha256, string Folder)
{
    private const string Host = "https://dl.fbaipublicfiles.com/";

    /// <summary>The files of SAM, the smallest first.</summary>
    internal static readonly IReadOnlyList<OfficialWeights> Sam =
    [
        new("sam_vit_b_01ec64.pth", 375042383, "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912", "segment_anything"),
        new("sam_vit_l_0b3195.pth", 1249524607, "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622", "segment_anything"),
        new("sam_vit_h_4b8939.pth", 2564550879, "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e", "segment_anything"),
    ];

    /// <summary>The files of SAM 2.1, the smallest first.</summary>
    internal static readonly IReadOnlyList<OfficialWeights> Sam2 =
    [
        new("sam2.1_hiera_tiny.pt", 156008466, "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69", "segment_anything_2/092824"),
        new("sam2.1_hiera_small.pt", 184416285, "6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38", "segment_anything_2/092824"),
        new("sam2.1_hiera_base_plus.pt", 323606802, "a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5", "segment_anything_2/092824"),
        new("sam2.1_hiera_large.pt", 898083611, "2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318", "segment_anything_2/092824"),
    ];

    /// <summary>Where it is downloaded from.</summary>
    internal string Url => $"{Host}{Folder}/{Name}";

    /// <summary>Checks that a weight file is there, and tells where to get it when it is not.</summary>
    /// <param name="path">The file asked for.</param>
    /// <param name="family">The files it may be; the first is offered for an unknown name.</param>
    /// <exception cref="WeightMismatchException">There is no such file.</exception>
    internal static void MustExist(string path, IReadOnlyList<OfficialWeights> family)
    {
        Check.NotBlank(path);
        if (File.Exists(path) || Directory.Exists(path))
        {
            return;
        }

        var file = Find(path, family) ?? family[0];
        throw new WeightMismatchException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Weight file '{Path.GetFullPath(path)}' does not exist; download {file.Name} ({file.Bytes:N0} bytes) from {file.Url} and give its path."),
            path);
    }

    /// <summary>Compares a file that bears an official name with what is known of it.</summary>
    /// <returns>A sentence for the user, or null when it is as known or bears another name.</returns>
    internal static string? Doubt(string path, string sha256, IReadOnlyList<OfficialWeights> family) =>
        Find(path, family) is { } file && file.Sha256 != sha256
            ? $"{path}: SHA-256 {sha256[..12]}…, but {file.Name} is known with {file.Sha256[..12]}…; if it is not your own, download it again from {file.Url}."
            : null;

    private static OfficialWeights? Find(string path, IReadOnlyList<OfficialWeights> family) =>
        family.FirstOrDefault(file => file.Name == Path.GetFileName(path));
}
