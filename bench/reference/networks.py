"""The networks of Tables 1-3 in plain PyTorch: the other side of roundtrip.py and network_step.py.

Written from published descriptions, with the reference implementations' state-dict names, so that weights load by strict names. `build(backbone,
profile, size)` gives a segmenter in the size that `polycl --profile` gives it (TransUNet's small preset for profile small), `encoder_of(segmenter)` its encoder under a projection head,
`logits(network, x)` one logit per pixel, `loss(network, x, y)` what it is fine-tuned with. Getting PyTorch: Debian trixie, python3-torch (2.6).
"""
import torch
from torch import nn
from torch.nn import functional as F

BACKBONES = ("unet", "unet-residual", "resunet", "pt-resunet", "transunet", "nnunet")
EMBEDDING = 256


def doubled(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)


# U-Net and ResU-Net: double blocks of convolution, instance norm without parameters, Leaky ReLU 0.2; dropout 0.25 at the end.

def double_block(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.InstanceNorm2d(outputs), nn.LeakyReLU(0.2),
        nn.Conv2d(outputs, outputs, 3, padding=1), nn.InstanceNorm2d(outputs), nn.LeakyReLU(0.2), nn.Dropout(0.25))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.downsample = nn.Conv2d(inputs, outputs, 1)
        self.dropout = nn.Dropout(0.25)

    def forward(self, x):
        inner = F.leaky_relu(F.instance_norm(self.conv1(x)), 0.2)
        return self.dropout(F.leaky_relu(F.instance_norm(self.conv2(inner)) + self.downsample(x), 0.2))


class UNetEncoder(nn.Module):
    def __init__(self, widths, block):
        super().__init__()
        self.width = widths[-1]
        for i, (inputs, outputs) in enumerate(zip((1, *widths), widths)):
            self.add_module(f"dconv_down{i + 1}", block(inputs, outputs))
        self.fc = nn.Linear(self.width, 1)

    def forward(self, x):
        maps = [self.dconv_down1(x)]
        for block in (self.dconv_down2, self.dconv_down3, self.dconv_down4, self.dconv_down5):
            maps.append(block(F.max_pool2d(maps[-1], 2)))
        return maps

    def pool(self, maps):
        return F.max_pool2d(maps[-1], 2).mean((2, 3))


class UNetDecoder(nn.Module):
    def __init__(self, widths, last):
        super().__init__()
        w = widths
        self.dconv_up4 = double_block(w[4] + w[3], w[3])
        self.dconv_up3 = double_block(w[3] + w[2], w[2])
        self.dconv_up2 = double_block(w[2] + w[1], w[1])
        self.dconv_up1 = double_block(w[1] + w[0], last)
        self.conv_last = nn.Conv2d(last, 1, 1)

    def forward(self, maps):
        x = maps[4]
        for block, skip in zip((self.dconv_up4, self.dconv_up3, self.dconv_up2, self.dconv_up1), reversed(maps[:4])):
            x = block(torch.cat([doubled(x), skip], 1))
        return x


class UNet(nn.Module):
    def __init__(self, widths, block=double_block):
        super().__init__()
        self.encoder = UNetEncoder(widths, block)
        self.decoder = UNetDecoder(widths, widths[0])

    def forward(self, x):
        return self.decoder.conv_last(self.decoder(self.encoder(x)))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(inner + (x if self.downsample is None else self.downsample(x)))


class ResNetEncoder(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.width = widths[-1]
        self.conv1 = nn.Conv2d(1, widths[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            self.add_module(f"layer{i + 1}", nn.Sequential(BasicBlock(inputs, outputs, 2 if i else 1), BasicBlock(outputs, outputs, 1)))
        self.fc = nn.Sequential(nn.Linear(self.width, 1))

    def forward(self, x):
        maps = [F.relu(self.bn1(self.conv1(x)))]
        x = F.max_pool2d(maps[0], 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            maps.append(x)
        return maps

    def pool(self, maps):
        return maps[-1].mean((2, 3))


class ResUNet(nn.Module):
    def __init__(self, widths, last=32):
        super().__init__()
        self.encoder = ResNetEncoder(widths)
        self.decoder = UNetDecoder(widths, last)

    def forward(self, x):
        return self.decoder.conv_last(doubled(self.decoder(self.encoder(x))))


# TransUNet: a ResNet-v2 body of standardised convolutions and group norm, a transformer, a decoder with batch norm.

class StandardisedConv(nn.Conv2d):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__(inputs, outputs, kernel, stride, kernel // 2, bias=False)

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), keepdim=True, correction=0)
        return F.conv2d(x, (self.weight - mean) / torch.sqrt(variance + 1e-5), None, self.stride, self.padding)


class Unit(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        middle = outputs // 4
        self.gn1 = nn.GroupNorm(32, middle, eps=1e-6)
        self.conv1 = StandardisedConv(inputs, middle, 1)
        self.gn2 = nn.GroupNorm(32, middle, eps=1e-6)
        self.conv2 = StandardisedConv(middle, middle, 3, stride)
        self.gn3 = nn.GroupNorm(32, outputs, eps=1e-6)
        self.conv3 = StandardisedConv(middle, outputs, 1)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = StandardisedConv(inputs, outputs, 1, stride)
            self.gn_proj = nn.GroupNorm(outputs, outputs)

    def forward(self, x):
        shortcut = x if self.downsample is None else self.gn_proj(self.downsample(x))
        inner = F.relu(self.gn1(self.conv1(x)))
        inner = F.relu(self.gn2(self.conv2(inner)))
        return F.relu(shortcut + self.gn3(self.conv3(inner)))


class Body(nn.Module):
    def __init__(self, width, units):
        super().__init__()
        self.root = nn.Sequential()
        self.root.add_module("conv", StandardisedConv(3, width, 7, 2))
        self.root.add_module("gn", nn.GroupNorm(32, width, eps=1e-6))
        self.body = nn.Module()
        inputs = width
        for i, count in enumerate(units):
            outputs, block = width * 4 << i, nn.Sequential()
            for k in range(count):
                block.add_module(f"unit{k + 1}", Unit(outputs if k else inputs, outputs, 1 if k or i == 0 else 2))
            self.body.add_module(f"block{i + 1}", block)
            inputs = outputs

    def forward(self, x):
        stem = F.relu(self.root(x))
        quarter = self.body.block1(F.max_pool2d(stem, 3, 2))
        eighth = self.body.block2(quarter)
        return [stem, F.pad(quarter, (0, 1, 0, 1)), eighth, self.body.block3(eighth)]


class Embeddings(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.position_embeddings = nn.Parameter(torch.zeros(1, (o["size"] // 16) ** 2, o["hidden"]))
        self.hybrid_model = Body(o["stem"], o["units"])
        self.patch_embeddings = nn.Conv2d(16 * o["stem"], o["hidden"], 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        maps = self.hybrid_model(x.repeat(1, 3, 1, 1))
        tokens = self.patch_embeddings(maps[3]).flatten(2).transpose(1, 2) + self.position_embeddings
        return [*maps[:3], self.dropout(tokens)]


class Attention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(hidden, hidden) for _ in range(4))

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = (layer(x).reshape(n, t, self.heads, c // self.heads).transpose(1, 2) for layer in (self.query, self.key, self.value))
        weights = torch.softmax(q @ k.transpose(2, 3) / (c / self.heads) ** 0.5, -1)
        return self.out((weights @ v).transpose(1, 2).reshape(n, t, c))


class FeedForward(nn.Module):
    def __init__(self, hidden, inner):
        super().__init__()
        self.fc1, self.fc2, self.dropout = nn.Linear(hidden, inner), nn.Linear(inner, hidden), nn.Dropout(0.1)

    def forward(self, x):
        return self.dropout(self.fc2(self.dropout(F.gelu(self.fc1(x)))))


class TransformerLayer(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.attention_norm = nn.LayerNorm(o["hidden"], eps=1e-6)
        self.ffn_norm = nn.LayerNorm(o["hidden"], eps=1e-6)
        self.ffn = FeedForward(o["hidden"], o["mlp"])
        self.attn = Attention(o["hidden"], o["heads"])

    def forward(self, x):
        x = x + self.attn(self.attention_norm(x))
        return x + self.ffn(self.ffn_norm(x))


class TransUNetEncoder(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.width = o["hidden"]
        self.embeddings = Embeddings(o)
        self.encoder = nn.Module()
        self.encoder.layer = nn.ModuleList(TransformerLayer(o) for _ in range(o["layers"]))
        self.encoder.encoder_norm = nn.LayerNorm(o["hidden"], eps=1e-6)

    def forward(self, x):
        *maps, tokens = self.embeddings(x)
        for layer in self.encoder.layer:
            tokens = layer(tokens)
        side = x.shape[-1] // 16
        return [*maps, self.encoder.encoder_norm(tokens).transpose(1, 2).reshape(len(x), self.width, side, side)]

    def pool(self, maps):
        return maps[-1].mean((2, 3))


def conv_bn_relu(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class TransUNetDecoder(nn.Module):
    def __init__(self, o):
        super().__init__()
        widths, w = o["decoder"], o["stem"]
        self.conv_more = conv_bn_relu(o["hidden"], o["head"])
        self.blocks = nn.ModuleList()
        for deep, skip, outputs in zip((o["head"], *widths), (8 * w, 4 * w, w, 0), widths):
            step = nn.Module()
            step.conv1, step.conv2 = conv_bn_relu(deep + skip, outputs), conv_bn_relu(outputs, outputs)
            self.blocks.append(step)

    def forward(self, maps):
        x = self.conv_more(maps[3])
        for i, step in enumerate(self.blocks):
            x = doubled(x)
            x = step.conv2(step.conv1(torch.cat([x, maps[2 - i]], 1) if i < 3 else x))
        return x


class TransUNet(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.transformer = TransUNetEncoder(o)
        self.decoder = TransUNetDecoder(o)
        self.segmentation_head = nn.Sequential(nn.Conv2d(o["decoder"][-1], 1, 3, padding=1))

    def forward(self, x):
        return self.segmentation_head(self.decoder(self.transformer(x)))


PAPER = {"stem": 64, "units": (3, 4, 9), "hidden": 768, "mlp": 3072, "heads": 12, "layers": 12, "head": 512, "decoder": (256, 128, 64, 16)}
SMALL = {"stem": 32, "units": (2, 2, 2), "hidden": 384, "mlp": 1536, "heads": 6, "layers": 4, "head": 512, "decoder": (128, 64, 32, 16)}
TINY = SMALL | {"units": (1, 1, 1), "hidden": 96, "mlp": 384, "heads": 3, "layers": 2, "head": 64, "decoder": (32, 16, 16, 16)}


# nnU-Net, 2-D: stages of two convolutions, affine instance norm and Leaky ReLU 0.01; logits of two classes at every stage of the decoder.

class ConvStack(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.convs = nn.ModuleList()
        for width, step in ((inputs, stride), (outputs, 1)):
            layer = nn.Module()
            layer.conv = nn.Conv2d(width, outputs, 3, step, 1)
            layer.norm = nn.InstanceNorm2d(outputs, affine=True)
            self.convs.append(layer)

    def forward(self, x):
        for layer in self.convs:
            x = F.leaky_relu(layer.norm(layer.conv(x)), 0.01)
        return x


class NnUNetEncoder(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.width = features[-1]
        self.stages = nn.ModuleList(
            nn.Sequential(ConvStack(inputs, outputs, 2 if i else 1)) for i, (inputs, outputs) in enumerate(zip((1, *features), features)))

    def forward(self, x):
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def pool(self, maps):
        return maps[-1].mean((2, 3))


class NnUNetDecoder(nn.Module):
    def __init__(self, features):
        super().__init__()
        pairs = list(zip(features[:0:-1], features[-2::-1]))
        self.stages = nn.ModuleList(ConvStack(2 * skip, skip, 1) for _, skip in pairs)
        self.transpconvs = nn.ModuleList(nn.ConvTranspose2d(deep, skip, 2, 2) for deep, skip in pairs)
        self.seg_layers = nn.ModuleList(nn.Conv2d(skip, 2, 1) for _, skip in pairs)

    def forward(self, maps):
        x, outputs = maps[-1], []
        for stage, doubling, head, skip in zip(self.stages, self.transpconvs, self.seg_layers, maps[-2::-1]):
            x = stage(torch.cat([doubling(x), skip], 1))
            outputs.insert(0, head(x))
        return outputs


class NnUNet(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.encoder = NnUNetEncoder(features)
        self.decoder = NnUNetDecoder(features)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def plan(size, first, most):
    features = [first]
    while size >= 8:
        features.append(min(most, 2 * features[-1]))
        size = (size + 1) // 2
    return tuple(features)


class ContrastiveEncoder(nn.Module):
    """An encoder's parts under their own names, and a linear projection head on its pooled features."""

    def __init__(self, encoder):
        super().__init__()
        self.inner = [encoder]
        for name, part in encoder.named_children():
            if name != "fc":
                self.add_module(name, part)
        self.projHead = nn.Linear(encoder.width, EMBEDDING)

    def forward(self, x):
        return self.projHead(self.inner[0].pool(self.inner[0](x)))


def build(backbone, profile, size):
    paper = profile == "paper"
    widths = (16, 32, 64, 128, 256) if paper else (16, 16, 32, 32, 64)
    return {
        "unet": lambda: UNet(widths),
        "unet-residual": lambda: UNet(widths, ResidualBlock),
        "resunet": lambda: ResUNet((32, 64, 128, 256, 512)) if paper else ResUNet((16, 32, 32, 64, 64), 16),
        "pt-resunet": lambda: ResUNet((64, 64, 128, 256, 512)),
        "transunet": lambda: TransUNet({"paper": PAPER, "small": SMALL}.get(profile, TINY) | {"size": size}),
        "nnunet": lambda: NnUNet(plan(size, 32, 512) if paper else plan(size, 8, 64)),
    }[backbone]()


def encoder_of(segmenter):
    return ContrastiveEncoder(segmenter.transformer if isinstance(segmenter, TransUNet) else segmenter.encoder)


def logits(network, x):
    output = network(x)
    return output[0][:, 1:] - output[0][:, :1] if isinstance(output, list) else output


def dice_loss(p, y):
    return (1 - (2 * (p * y).sum((1, 2, 3)) + 1) / (p.sum((1, 2, 3)) + y.sum((1, 2, 3)) + 1)).mean()


def deep_loss(outputs, y):
    """Cross-entropy less the organ's Dice over the whole batch, at every stage but the coarsest; weights halve and add up to 1."""
    weights = [0.5 ** i for i in range(len(outputs) - 1)] if len(outputs) > 1 else [1]
    total = 0
    for weight, output in zip(weights, outputs):
        truth = F.interpolate(y, output.shape[2:], mode="nearest-exact")
        p = torch.softmax(output, 1)[:, 1:]
        dice = (2 * (p * truth).sum() + 1e-5) / (p.sum() + truth.sum() + 1e-5)
        total = total + weight / sum(weights) * (F.cross_entropy(output, truth[:, 0].long()) - dice)
    return total


def loss(network, x, y):
    output = network(x)
    return deep_loss([o.float() for o in output], y) if isinstance(output, list) else dice_loss(torch.sigmoid(output.float()), y)
